/// A growing writer of deterministic CBOR (RFC 8949 §4.2.1), for bytes that are not secret.
///
/// Heads are always the shortest. The caller says how many items an array or map holds and writes
/// exactly those; `sortedMap` puts keys in order. Secrets go through `CBORWriter` instead: a
/// growing buffer leaves stale copies behind.
public struct CBOREncoder: Sendable {
  /// From this length on room is made for a string before it is written.
  private static let longBytes = 4096
  private var output: [UInt8] = []

  /// An empty encoder.
  public init() {}

  /// An empty encoder with room for `capacity` bytes.
  public init(reservingCapacity capacity: Int) {
    output.reserveCapacity(capacity)
  }

  /// Bytes written so far.
  public var count: Int { output.count }

  /// Writes an unsigned integer.
  public mutating func unsigned(_ value: UInt64) { head(.unsigned, value) }

  /// Writes the negative integer −1 − `value`.
  public mutating func negative(_ value: UInt64) { head(.negative, value) }

  /// Writes a signed integer.
  public mutating func integer(_ value: Int64) {
    if value >= 0 {
      head(.unsigned, UInt64(value))
    } else {
      head(.negative, UInt64(bitPattern: ~value))
    }
  }

  /// Writes a byte string.
  public mutating func bytes(_ value: [UInt8]) {
    head(.bytes, UInt64(value.count))
    // A long string is mostly the last part of its message.
    if value.count > max(Self.longBytes, output.count) {
      output.reserveCapacity(output.count + value.count)
    }
    output.append(contentsOf: value)
  }

  /// Writes a byte string.
  public mutating func bytes(_ value: Span<UInt8>) {
    head(.bytes, UInt64(value.count))
    append(value)
  }

  /// Writes a text string.
  public mutating func text(_ value: String) {
    head(.text, UInt64(value.utf8.count))
    output.append(contentsOf: value.utf8)
  }

  /// Opens an array of `count` items; the caller writes them next.
  public mutating func array(_ count: Int) {
    precondition(count >= 0)
    head(.array, UInt64(count))
  }

  /// Opens a map of `count` pairs; the caller writes keys and values, keys in ascending order.
  public mutating func map(_ count: Int) {
    precondition(count >= 0)
    head(.map, UInt64(count))
  }

  /// Writes a whole map from encoded keys and values, sorted by key; keys must differ.
  public mutating func sortedMap(_ pairs: [(key: [UInt8], value: [UInt8])]) {
    let sorted = pairs.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    map(sorted.count)
    var previous: [UInt8]?
    for pair in sorted {
      precondition(pair.key != previous, "map keys must differ")
      previous = pair.key
      output.append(contentsOf: pair.key)
      output.append(contentsOf: pair.value)
    }
  }

  /// Writes false or true.
  public mutating func bool(_ value: Bool) { output.append(value ? 0xf5 : 0xf4) }

  /// Writes null.
  public mutating func null() { output.append(0xf6) }

  /// Writes a tag; the tagged item follows.
  public mutating func tag(_ number: UInt64) { head(.tag, number) }

  /// Writes a float in the shortest width that keeps its value; every NaN becomes `f97e00`.
  public mutating func double(_ value: Double) { append(CBORHead(CBORFloat(value))) }

  /// Writes one item that is already encoded.
  public mutating func encodedItem(_ item: [UInt8]) { output.append(contentsOf: item) }

  /// The finished encoding.
  public consuming func finish() -> [UInt8] { output }

  private mutating func head(_ major: CBORMajorType, _ argument: UInt64) {
    append(CBORHead(major, argument))
  }

  private mutating func append(_ head: CBORHead) {
    for index in 0..<head.byteCount { output.append(head[index]) }
  }

  private mutating func append(_ source: Span<UInt8>) {
    // One bulk copy; the pointer does not outlive the closure.
    unsafe source.withUnsafeBytes { unsafe output.append(contentsOf: $0) }
  }
}
