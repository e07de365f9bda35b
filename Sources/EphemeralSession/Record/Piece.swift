import EphemeralWire

/// The counts of one arrived piece of a message; its content travels as the arrival.
package struct Piece: Equatable {
  package var isFinal: Bool
  package var contentCount: UInt64
  package var paddedCount: UInt64

  package init(isFinal: Bool, contentCount: UInt64, paddedCount: UInt64) {
    self.isFinal = isFinal
    self.contentCount = contentCount
    self.paddedCount = paddedCount
  }
}

/// What has arrived of a message that comes in pieces (Spec/Protocol.md §6.5).
struct GatheringCounts: Equatable {
  var content: UInt64 = 0
  var padded: UInt64 = 0

  /// What the next piece makes of the message.
  enum Verdict: Equatable {
    case oversize
    case inconsistent
    case more(GatheringCounts)
    case complete
  }

  /// Judges the next piece; `maximum` bounds the content in bytes.
  ///
  /// All pieces but the last are full; content stops where padding begins; padding at most
  /// doubles the bound.
  func accepting(_ piece: Piece, maximum: UInt64) -> Verdict {
    let full = UInt64(SessionBounds.recordContentBytes)
    guard piece.contentCount <= piece.paddedCount, piece.paddedCount <= full,
      piece.isFinal || piece.paddedCount == full,
      piece.paddedCount > 0,
      content == padded || piece.contentCount == 0
    else { return .inconsistent }
    let (contentSum, contentOverflow) = content.addingReportingOverflow(piece.contentCount)
    let (paddedSum, paddedOverflow) = padded.addingReportingOverflow(piece.paddedCount)
    let (doubled, doubleOverflow) = maximum.multipliedReportingOverflow(by: 2)
    let paddedMaximum = doubleOverflow ? UInt64.max : max(doubled, 2 * full)
    guard !contentOverflow, !paddedOverflow, contentSum <= maximum, paddedSum <= paddedMaximum
    else { return .oversize }
    if piece.isFinal { return .complete }
    return .more(GatheringCounts(content: contentSum, padded: paddedSum))
  }
}

/// A message of which some pieces are still missing.
struct Gathering<Crypto: SessionCryptography>: ~Copyable {
  var content: Secret<Crypto>
  var counts: GatheringCounts
}
