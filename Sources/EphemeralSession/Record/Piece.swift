import EphemeralWire
import FaultPoints

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
package struct GatheringCounts: Equatable {
  package var content: UInt64
  package var padded: UInt64

  /// Counts so far; nothing has come at first.
  package init(content: UInt64 = 0, padded: UInt64 = 0) {
    self.content = content
    self.padded = padded
  }

  /// What the next piece makes of the message.
  package enum Verdict: Equatable {
    case oversize
    case inconsistent
    case more(GatheringCounts)
    case complete
  }

  /// Judges the next piece; `maximum` bounds the content in bytes.
  ///
  /// All pieces but the last are full; content stops where padding begins; padding at most
  /// doubles the bound.
  package func accepting(_ piece: Piece, maximum: UInt64) -> Verdict {
    let full = UInt64(SessionBounds.recordContentBytes)
    guard piece.contentCount <= piece.paddedCount, piece.paddedCount <= full,
      piece.isFinal || piece.paddedCount == full || planted("piece-short-accepted"),
      piece.paddedCount > 0,
      content == padded || piece.contentCount == 0 || planted("piece-after-padding-accepted")
    else { return .inconsistent }
    let (contentSum, contentOverflow) = content.addingReportingOverflow(piece.contentCount)
    let (paddedSum, paddedOverflow) = padded.addingReportingOverflow(piece.paddedCount)
    let (doubled, doubleOverflow) = maximum.multipliedReportingOverflow(by: 2)
    let paddedMaximum = doubleOverflow ? UInt64.max : max(doubled, 2 * full)
    guard !contentOverflow, !paddedOverflow, contentSum <= maximum || planted("message-unbounded"),
      paddedSum <= paddedMaximum || planted("padding-unbounded")
    else { return .oversize }
    if piece.isFinal || planted("piece-final-ignored") { return .complete }
    return .more(GatheringCounts(content: contentSum, padded: paddedSum))
  }
}

/// A message of which some pieces are still missing.
struct Gathering<Crypto: SessionCryptography>: ~Copyable {
  var content: Secret<Crypto>
  var counts: GatheringCounts
}
