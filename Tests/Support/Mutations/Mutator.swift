/// How a file is changed.
public enum MutationKind: String, CaseIterable, Sendable {
  /// One bit.
  case bitFlip
  /// One byte, to any value or to one that is often special.
  case byteSet
  /// Some bytes in between.
  case insertion
  /// Some bytes left out.
  case deletion
  /// A slice once more, somewhere.
  case duplication
  /// Two slices in each other's place.
  case swap
  /// The end cut off.
  case truncation
  /// Bytes after the end.
  case extension_ = "extension"
  /// A slice of another file of the kind in a slice's place.
  case splice
  /// The first or second byte of a head: its type, its length, a field.
  case headChange
  /// The same head written longer than needed.
  case headWidening
  /// A tag before an item.
  case tagInsertion
}

/// Changes files by numbers: equal seeds give equal changes.
struct Mutator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  private mutating func below(_ bound: Int) -> Int {
    bound <= 1 ? 0 : Int(next() % UInt64(bound))
  }

  private mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }

  /// A slice of 1 to `maximum` bytes.
  private mutating func slice(of bytes: [UInt8], maximum: Int = 64) -> Range<Int> {
    let start = below(bytes.count)
    return start..<min(bytes.count, start + 1 + below(maximum))
  }

  /// The bytes with one change; they may come out unchanged.
  mutating func mutate(_ subject: MutationSubject, by kind: MutationKind) -> [UInt8] {
    var bytes = subject.bytes
    guard !bytes.isEmpty else { return [byte()] }
    switch kind {
    case .bitFlip: bytes[below(bytes.count)] ^= 1 << UInt8(below(8))
    case .byteSet:
      let special: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, 0xf6, 0xd2, 0x30]
      bytes[below(bytes.count)] = below(2) == 0 ? byte() : special[below(special.count)]
    case .insertion:
      let added = (0...below(8)).map { _ in byte() }
      bytes.insert(contentsOf: added, at: below(bytes.count + 1))
    case .deletion: bytes.removeSubrange(slice(of: bytes))
    case .duplication:
      let copy = bytes[slice(of: bytes)]
      bytes.insert(contentsOf: copy, at: below(bytes.count + 1))
    case .swap: swap(&bytes)
    case .truncation: bytes.removeLast(1 + below(bytes.count))
    case .extension_: bytes += (0...below(16)).map { _ in byte() }
    case .splice: splice(&bytes, from: subject.donors)
    case .headChange: changeHead(&bytes, subject.landmarks)
    case .headWidening: widenHead(&bytes, subject.landmarks)
    case .tagInsertion: insertTag(&bytes, subject.landmarks)
    }
    return bytes
  }

  private mutating func swap(_ bytes: inout [UInt8]) {
    let first = slice(of: bytes)
    let start = below(bytes.count - first.count + 1)
    let second = start..<start + first.count
    guard !first.overlaps(second) else { return }
    let kept = Array(bytes[first])
    bytes.replaceSubrange(first, with: Array(bytes[second]))
    bytes.replaceSubrange(second, with: kept)
  }

  /// From the same place of the donor more often than not: there it is like the original.
  private mutating func splice(_ bytes: inout [UInt8], from donors: [[UInt8]]) {
    let usable = donors.filter { !$0.isEmpty }
    guard !usable.isEmpty else { return swap(&bytes) }
    let donor = usable[below(usable.count)]
    let isAligned = below(4) != 0
    var taken = slice(of: donor, maximum: below(2) == 0 ? 64 : donor.count)
    if isAligned, taken.lowerBound < bytes.count {
      taken = taken.lowerBound..<min(taken.upperBound, bytes.count)
      bytes.replaceSubrange(taken, with: Array(donor[taken]))
    } else {
      bytes.replaceSubrange(slice(of: bytes), with: Array(donor[taken]))
    }
  }

  private mutating func changeHead(_ bytes: inout [UInt8], _ landmarks: [Landmark]) {
    guard !landmarks.isEmpty else { return }
    let at = min(bytes.count - 1, landmarks[below(landmarks.count)].position + below(3))
    switch below(4) {
    case 0: bytes[at] &+= 1
    case 1: bytes[at] &-= 1
    case 2: bytes[at] ^= 0x20
    default: bytes[at] = byte()
    }
  }

  private mutating func widenHead(_ bytes: inout [UInt8], _ landmarks: [Landmark]) {
    guard !landmarks.isEmpty else { return }
    let landmark = landmarks[below(landmarks.count)]
    let at = landmark.position
    switch landmark.form {
    case .cbor:
      let short = bytes[at] & 0x1f
      let major = bytes[at] & 0xe0
      switch short {
      case 0..<24: bytes.replaceSubrange(at...at, with: [major | 24, short])
      case 24: bytes.replaceSubrange(at...at, with: [major | 25, 0])
      case 25: bytes.replaceSubrange(at...at, with: [major | 26, 0, 0])
      case 26: bytes.replaceSubrange(at...at, with: [major | 27, 0, 0, 0, 0])
      default: return
      }
    case .der:
      guard at + 1 < bytes.count else { return }
      let length = bytes[at + 1]
      let wider: [UInt8] = length < 0x80 ? [0x81, length] : [length + 1, 0]
      bytes.replaceSubrange(at + 1...at + 1, with: wider)
    case .field: bytes.insert(0, at: at)
    }
  }

  private mutating func insertTag(_ bytes: inout [UInt8], _ landmarks: [Landmark]) {
    guard !landmarks.isEmpty else { return }
    let tags: [[UInt8]] = [[0xd2], [0xc0], [0xd8, 18], [0xd9, 0xd9, 0xf7], [0xd1], [0x30, 0x80]]
    bytes.insert(
      contentsOf: tags[below(tags.count)], at: landmarks[below(landmarks.count)].position)
  }
}
