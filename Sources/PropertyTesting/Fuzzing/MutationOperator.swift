/// One way of changing bytes.
public enum MutationOperator: CaseIterable, Equatable, Hashable, Sendable {
  /// One bit over.
  case flipBit
  /// One byte anew.
  case setByte
  /// A number of 1, 2, 4 or 8 bytes, either endianness, a little up or down.
  case addToNumber
  /// A number where bugs live: 0, bounds of the integer types, powers of two.
  case interestingNumber
  /// Random bytes put in.
  case insertBytes
  /// A stretch taken out.
  case eraseBytes
  /// A stretch copied to another place, over what is there or in between.
  case copyBytes
  /// A short stretch in another order.
  case shuffleBytes
  /// A stretch of another kept input, or its tail behind this one's head.
  case crossover
  /// A word of the dictionary, over what is there or in between.
  case dictionaryWord
  /// One side of a comparison that this input met, where the other side stands.
  case comparedOperand
  /// A run of one byte, over what is there or in between.
  case runOfBytes
  /// A decimal number in text replaced by another.
  case decimalNumber
}

/// Changes inputs by a few operators at a time, never beyond a length.
struct ByteMutator: Sendable {
  /// The longest run or random insertion.
  private static let longestInsertion = 64
  private static let interestingNumbers: [UInt64] = {
    var numbers: [UInt64] = [0, 1, 10, 100, 1000, 1024, 4096, 65_536, .max]
    for bits in [7, 8, 15, 16, 31, 32, 63] {
      let power = UInt64(1) << UInt64(bits)
      numbers += [power - 1, power, power + 1, 0 &- power]
    }
    return numbers
  }()

  let maximumBytes: Int
  let operators: [MutationOperator]
  let dictionary: [[UInt8]]

  /// Changes an input.
  ///
  /// - Parameters:
  ///   - operands: comparisons that the input met.
  ///   - other: another kept input.
  func mutate(
    _ input: [UInt8], operands: [ComparedOperands], other: [UInt8], _ random: inout SeededRandom
  ) -> [UInt8] {
    guard !operators.isEmpty else { return input }
    var bytes = input
    let count = 1 << random.upTo(3)
    for _ in 0..<(1 + random.upTo(UInt64(count) - 1)) {
      let name = operators[random.index(below: operators.count)]
      apply(name, to: &bytes, operands: operands, other: other, &random)
      if bytes.count > maximumBytes { bytes.removeLast(bytes.count - maximumBytes) }
    }
    return bytes
  }

  /// Applies one operator; where it cannot do anything it leaves the bytes.
  func apply(
    _ name: MutationOperator, to bytes: inout [UInt8], operands: [ComparedOperands],
    other: [UInt8], _ random: inout SeededRandom
  ) {
    switch name {
    case .flipBit:
      guard !bytes.isEmpty else { return }
      bytes[random.index(below: bytes.count)] ^= 1 << UInt8(random.upTo(7))
    case .setByte:
      guard !bytes.isEmpty else { return }
      bytes[random.index(below: bytes.count)] = random.byte()
    case .addToNumber: addToNumber(&bytes, &random)
    case .interestingNumber:
      let number = Self.interestingNumbers[random.index(below: Self.interestingNumbers.count)]
      write(number, byteCount: 1 << random.index(below: 4), to: &bytes, &random)
    case .insertBytes:
      let count = 1 + random.index(below: Self.longestInsertion)
      put((0..<count).map { _ in random.byte() }, into: &bytes, inserting: true, &random)
    case .eraseBytes:
      let range = stretch(of: bytes.count, &random)
      bytes.removeSubrange(range)
    case .copyBytes:
      let piece = Array(bytes[stretch(of: bytes.count, &random)])
      put(piece, into: &bytes, inserting: random.oneIn(2), &random)
    case .shuffleBytes:
      let range = stretch(of: bytes.count, &random).prefix(8)
      var piece = Array(bytes[range])
      for index in piece.indices { piece.swapAt(index, random.index(below: piece.count)) }
      bytes.replaceSubrange(range, with: piece)
    case .crossover: cross(&bytes, other, &random)
    case .dictionaryWord:
      guard !dictionary.isEmpty else { return }
      let word = dictionary[random.index(below: dictionary.count)]
      put(word, into: &bytes, inserting: random.oneIn(2), &random)
    case .comparedOperand: useOperand(operands, &bytes, &random)
    case .runOfBytes:
      let fill: UInt8 =
        random.oneIn(2) ? [0x00, 0xff, 0x20][random.index(below: 3)] : random.byte()
      let run = [UInt8](repeating: fill, count: 1 + random.index(below: Self.longestInsertion))
      put(run, into: &bytes, inserting: random.oneIn(2), &random)
    case .decimalNumber: changeDecimal(&bytes, &random)
    }
  }

  /// A random stretch of what is there, leaning to short ones.
  private func stretch(of count: Int, _ random: inout SeededRandom) -> Range<Int> {
    guard count > 0 else { return 0..<0 }
    let start = random.index(below: count)
    let room = count - start
    let length = 1 + random.index(below: random.oneIn(2) ? min(room, 8) : room)
    return start..<(start + length)
  }

  private func put(
    _ piece: [UInt8], into bytes: inout [UInt8], inserting: Bool, _ random: inout SeededRandom
  ) {
    let start = random.index(below: bytes.count + 1)
    let end = inserting ? start : min(start + piece.count, bytes.count)
    bytes.replaceSubrange(start..<end, with: piece)
  }

  private func cross(_ bytes: inout [UInt8], _ other: [UInt8], _ random: inout SeededRandom) {
    guard !other.isEmpty else { return }
    if random.oneIn(2) {
      let piece = Array(other[stretch(of: other.count, &random)])
      put(piece, into: &bytes, inserting: random.oneIn(2), &random)
    } else {
      let head = random.index(below: bytes.count + 1)
      let tail = random.index(below: other.count + 1)
      bytes = Array(bytes[..<head] + other[tail...])
    }
  }
}

extension ByteMutator {
  private func addToNumber(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    let byteCount = 1 << random.index(below: 4)
    guard bytes.count >= byteCount else { return }
    let start = random.index(below: bytes.count - byteCount + 1)
    let isLittle = random.oneIn(2)
    var number: UInt64 = 0
    for index in 0..<byteCount {
      number = number << 8 | UInt64(bytes[start + (isLittle ? byteCount - 1 - index : index)])
    }
    let step = 1 + random.upTo(34)
    number = random.oneIn(2) ? number &+ step : number &- step
    let changed = encode(number, byteCount: byteCount, isLittle: isLittle)
    bytes.replaceSubrange(start..<(start + byteCount), with: changed)
  }

  private func write(
    _ number: UInt64, byteCount: Int, to bytes: inout [UInt8], _ random: inout SeededRandom
  ) {
    let piece = encode(number, byteCount: byteCount, isLittle: random.oneIn(2))
    put(piece, into: &bytes, inserting: random.oneIn(4), &random)
  }

  private func encode(_ number: UInt64, byteCount: Int, isLittle: Bool) -> [UInt8] {
    let little = (0..<byteCount).map { UInt8(truncatingIfNeeded: number >> UInt64($0 * 8)) }
    return isLittle ? little : little.reversed()
  }

  /// Looks for one side of a comparison among the bytes and puts the other there; where neither
  /// side stands anywhere, puts one somewhere.
  private func useOperand(
    _ operands: [ComparedOperands], _ bytes: inout [UInt8], _ random: inout SeededRandom
  ) {
    guard !operands.isEmpty else { return }
    let compared = operands[random.index(below: operands.count)]
    let isSwapped = random.oneIn(2)
    let (there, wanted) =
      isSwapped ? (compared.right, compared.left) : (compared.left, compared.right)
    // A program often widens what it read before it compares.
    var widths = [compared.byteCount]
    for width in [4, 2, 1] where width < compared.byteCount {
      if (there | wanted) >> UInt64(width * 8) == 0 { widths.append(width) }
    }
    let byteCount = widths[random.index(below: widths.count)]
    let isLittle = random.oneIn(2)
    // One off is how `<` is passed.
    let aim = random.oneIn(4) ? (random.oneIn(2) ? wanted &+ 1 : wanted &- 1) : wanted
    let piece = encode(aim, byteCount: byteCount, isLittle: isLittle)
    let pattern = encode(there, byteCount: byteCount, isLittle: isLittle)
    let places = Self.places(of: pattern, in: bytes)
    if places.isEmpty {
      put(piece, into: &bytes, inserting: random.oneIn(2), &random)
    } else {
      let start = places[random.index(below: places.count)]
      bytes.replaceSubrange(start..<(start + byteCount), with: piece)
    }
  }

  private static func places(of pattern: [UInt8], in bytes: [UInt8]) -> [Int] {
    guard let first = pattern.first, bytes.count >= pattern.count else { return [] }
    return (0...(bytes.count - pattern.count)).filter { start in
      bytes[start] == first && bytes[start..<(start + pattern.count)].elementsEqual(pattern)
    }
  }

  private func changeDecimal(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let starts = bytes.indices.filter { index in
      digits.contains(bytes[index]) && (index == 0 || !digits.contains(bytes[index - 1]))
    }
    guard !starts.isEmpty else { return }
    let start = starts[random.index(below: starts.count)]
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    let old = UInt64(String(decoding: bytes[start..<end], as: UTF8.self)) ?? 0
    let number: UInt64 =
      switch random.upTo(3) {
      case 0: old &+ 1
      case 1: old &- 1
      case 2: Self.interestingNumbers[random.index(below: Self.interestingNumbers.count)]
      default: random.upTo(1000)
      }
    bytes.replaceSubrange(start..<end, with: Array(String(number).utf8))
  }
}

extension SeededRandom {
  /// A number of `0 ..< count`; 0 where there is none.
  mutating func index(below count: Int) -> Int {
    count > 1 ? Int(truncatingIfNeeded: upTo(UInt64(count - 1))) : 0
  }

  /// A byte.
  mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next() >> 56) }
}
