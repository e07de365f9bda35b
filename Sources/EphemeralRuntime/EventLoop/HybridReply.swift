/// The line that answers `CONNECT` on a hybrid-vsock socket, taken byte by byte
/// (`Spec/Protocol.md` §15.3): `OK `, a decimal number of 32 bits, a line feed.
///
/// The number is the peer's own port. It is checked and forgotten: nothing depends on it.
package struct HybridReply: Equatable, Sendable {
  /// What the bytes so far amount to.
  package enum Verdict: Equatable, Sendable {
    /// More bytes may make it a whole line.
    case unfinished
    /// The line is whole; the next byte is the stream's.
    case accepted
    /// No further byte can make it right.
    case refused
  }

  /// The bytes of the longest line, its line feed included.
  package static let maximumByteCount = 14

  private static let word: [UInt8] = [0x4f, 0x4b, 0x20]

  private enum State: Equatable {
    /// So many bytes of the word were there.
    case word(Int)
    /// The word was there, a digit is due.
    case firstDigit
    case number(UInt32)
    case over(Verdict)
  }

  private var state = State.word(0)

  /// Nothing has come.
  package init() {}

  /// Takes one byte. What follows the end of a line changes nothing any more.
  package mutating func receive(_ byte: UInt8) -> Verdict {
    state = next(byte)
    switch state {
    case .word, .firstDigit, .number: return .unfinished
    case .over(let verdict): return verdict
    }
  }

  private func next(_ byte: UInt8) -> State {
    let digit: UInt32? = byte >= 0x30 && byte <= 0x39 ? UInt32(byte - 0x30) : nil
    switch state {
    case .word(let count):
      guard byte == HybridReply.word[count] else { return .over(.refused) }
      return count + 1 == HybridReply.word.count ? .firstDigit : .word(count + 1)
    case .firstDigit:
      return digit.map { .number($0) } ?? .over(.refused)
    case .number(let number):
      if byte == 0x0a { return .over(.accepted) }
      // A number is written without leading zeros.
      guard let digit, number > 0 else { return .over(.refused) }
      let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(digit)
      return overflow || carry ? .over(.refused) : .number(sum)
    case .over: return state
    }
  }
}
