/// Reads choices out of plain bytes, so that a fuzzer's input drives the same generators as a seed
/// does.
///
/// A number takes as many bytes as its maximum needs, big-endian, modulo what is asked for; a byte
/// string takes its length as a number and then its bytes. Past the end all choices are the
/// simplest. So any bytes give some value, small changes of them give related values, and
/// ``encode(_:)`` finds bytes for any choices.
struct ByteChoices: Sendable {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next number of `0 ... maximum`.
  mutating func number(maximum: UInt64) -> UInt64 {
    var value: UInt64 = 0
    for _ in 0..<Self.width(of: maximum) {
      value = value << 8
      if position < bytes.count {
        value |= UInt64(bytes[position])
        position += 1
      }
    }
    return maximum == .max ? value : value % (maximum + 1)
  }

  /// The next string, of no more than `longest` bytes; its length is a number up to the range's end.
  mutating func string(count: ClosedRange<Int>, longest: Int) -> [UInt8] {
    let asked = Int(number(maximum: UInt64(count.upperBound)))
    let length = min(max(asked, count.lowerBound), longest)
    let end = min(position + length, bytes.count)
    var value = Array(bytes[position..<end])
    position = end
    while value.count < count.lowerBound { value.append(0) }
    return value
  }

  /// The bytes that give these choices to whoever asks for them in the same order.
  static func encode(_ choices: [Choice]) -> [UInt8] {
    var bytes: [UInt8] = []
    for choice in choices {
      switch choice {
      case .integer(let value, let maximum): append(value, maximum: maximum, to: &bytes)
      case .bytes(let value, let maximumCount):
        append(UInt64(value.count), maximum: UInt64(maximumCount), to: &bytes)
        bytes += value
      }
    }
    return bytes
  }

  private static func append(_ value: UInt64, maximum: UInt64, to bytes: inout [UInt8]) {
    for index in (0..<width(of: maximum)).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8)))
    }
  }

  private static func width(of maximum: UInt64) -> Int {
    (64 - maximum.leadingZeroBitCount + 7) / 8
  }
}

extension ChoiceSource {
  /// Bytes from which ``init(bytes:)`` makes the choices that this source has made so far: a seed
  /// for a corpus.
  public var encodedBytes: [UInt8] { ByteChoices.encode(choices) }
}

extension Generator {
  /// The value that a fuzzer's bytes stand for; nil where the generator discards the case.
  public func decode(_ bytes: [UInt8]) -> Value? {
    var source = ChoiceSource(bytes: bytes)
    do throws(DrawError) { return try generate(&source) } catch { return nil }
  }
}
