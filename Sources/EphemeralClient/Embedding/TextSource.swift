internal import EphemeralRuntime
internal import Glibc

/// Where the texts come from: the command line, or the lines of standard input.
struct TextSource {
  /// Bytes of all texts of one window, unless a single one is longer.
  static let windowBytes = 8 << 20

  private enum Origin {
    case arguments([String])
    case lines(LineReader)
  }

  private var origin: Origin

  /// The texts of the command line, or the lines of `descriptor` where there are none.
  init(_ arguments: [String], descriptor: Int32 = STDIN_FILENO) {
    origin = arguments.isEmpty ? .lines(LineReader(descriptor)) : .arguments(arguments)
  }

  /// The next texts, at most `count`; none at the end.
  ///
  /// - Throws: a text that is too long or not UTF-8.
  mutating func next(_ count: Int) throws(ClientFailure) -> [String] {
    switch origin {
    case .arguments(let texts):
      for text in texts.prefix(count) where text.utf8.count > Tokenizer.maximumTextBytes {
        throw ClientFailure(.failed, Self.tooLong("a text"))
      }
      origin = .arguments(Array(texts.dropFirst(count)))
      return Array(texts.prefix(count))
    case .lines(var reader):
      defer { origin = .lines(reader) }
      var texts: [String] = []
      var bytes = 0
      while texts.count < count, bytes < Self.windowBytes, let line = try reader.next() {
        texts.append(line)
        bytes += line.utf8.count
      }
      return texts
    }
  }

  fileprivate static func tooLong(_ what: String) -> String {
    "\(what) is longer than the \(Tokenizer.maximumTextBytes) bytes that are read at most"
  }
}

/// Lines of a descriptor, each bounded.
private struct LineReader {
  private static let pieceBytes = 1 << 16
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false
  private var number = 0

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// The next line without its end, or nil behind the last; an empty line is an empty text.
  mutating func next() throws(ClientFailure) -> String? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        return try take(to: end, next: end + 1)
      }
      searched = buffer.count
      if isAtEnd { return start < buffer.count ? try take(to: searched, next: searched) : nil }
      guard searched - start <= Tokenizer.maximumTextBytes + 1 else {
        throw ClientFailure(.failed, TextSource.tooLong("line \(number + 1)"))
      }
      try fill()
      searched -= dropTaken()
    }
  }

  private mutating func take(to end: Int, next: Int) throws(ClientFailure) -> String {
    number += 1
    var line = buffer[start..<end]
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    guard line.count <= Tokenizer.maximumTextBytes else {
      throw ClientFailure(.failed, TextSource.tooLong("line \(number)"))
    }
    guard let text = String(validating: line, as: UTF8.self) else {
      throw ClientFailure(.failed, "line \(number) is not UTF-8")
    }
    start = next
    return text
  }

  /// Forgets lines that were taken; returns how far everything moved.
  private mutating func dropTaken() -> Int {
    let moved = start
    buffer.removeFirst(moved)
    start = 0
    return moved
  }

  private mutating func fill() throws(ClientFailure) {
    var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
    while true {
      // The buffer lives for the call only.
      let count = unsafe piece.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw ClientFailure(.failed, "standard input: \(FileAccess.reason())")
      }
      if count == 0 { isAtEnd = true }
      buffer += piece[..<count]
      return
    }
  }
}
