import Glibc

/// Failing cases kept as files, one each, so that the next run begins with them.
///
/// A file is named by its property and its choices' digest and holds three lines: a heading, the
/// property's name, a replay token. It is written whole under another name and then renamed. What
/// does not read as such a file is left alone with a loud line: a folder of failures can come from
/// anywhere.
struct FailureDatabase {
  /// Failures kept of one property; the simplest ones stay.
  static let maximumPerProperty = 16
  /// Bytes of a file; a failure that takes more is not kept.
  static let maximumFileBytes = 1 << 20
  /// Names read of the folder.
  static let maximumNames = 100_000
  private static let heading = "kept failure 1"

  let folder: String
  /// Where complaints go.
  var complain: (String) -> Void = FailureDatabase.toStandardError

  init(folder: String) { self.folder = folder }

  /// The kept failures of a property, the simplest first.
  func failures(of name: String) -> [(file: String, choices: [Choice])] {
    let prefix = Self.prefix(name)
    var found: [(file: String, choices: [Choice])] = []
    for entry in names().filter({ $0.hasPrefix(prefix) && $0.hasSuffix(".failure") }).sorted() {
      let file = folder + "/" + entry
      if let choices = read(file, name) {
        found.append((file, choices))
      } else {
        complain("not a kept failure of \"\(name)\", ignored: \(file)")
      }
    }
    return found.sorted { isSimpler($0.choices, than: $1.choices) }
  }

  /// Keeps a failure; returns its file, or nil where it could not be kept.
  func save(_ name: String, _ choices: [Choice]) -> String? {
    let token = ReplayToken.text(of: choices)
    let text = [Self.heading, Self.line(name), token, ""].joined(separator: "\n")
    guard text.utf8.count <= Self.maximumFileBytes, makeFolder() else {
      complain("a failure of \"\(name)\" cannot be kept in \(folder)")
      return nil
    }
    let file =
      folder + "/" + Self.prefix(name) + Self.hexadecimal(Self.digest(token)) + ".failure"
    guard write(text, to: file) else {
      complain("cannot write \(file)")
      return nil
    }
    for surplus in failures(of: name).dropFirst(Self.maximumPerProperty)
    where surplus.file != file {
      remove(surplus.file)
    }
    return file
  }

  /// Forgets a failure.
  func remove(_ file: String) { _ = unsafe unlink(file) }

  /// The names in the folder; none where there is no folder.
  private func names() -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while names.count < Self.maximumNames, let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        // The field is an array of characters that ends with a zero.
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      names.append(name)
    }
    return names
  }

  private func read(_ file: String, _ name: String) -> [Choice]? {
    let descriptor = unsafe open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size <= Self.maximumFileBytes
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: Self.maximumFileBytes + 1)
    var count = 0
    while count < bytes.count {
      let added = unsafe bytes[count...].withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      }
      if added < 0 && errno == EINTR { continue }
      guard added >= 0 else { return nil }
      if added == 0 { break }
      count += added
    }
    guard count <= Self.maximumFileBytes,
      let text = String(validating: bytes[..<count], as: UTF8.self)
    else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 4, lines[0] == Self.heading, String(lines[1]) == Self.line(name),
      lines[3].isEmpty
    else { return nil }
    return ReplayToken.choices(of: String(lines[2]))
  }

  /// Writes a file whole or not at all.
  private func write(_ text: String, to file: String) -> Bool {
    let temporary = file + ".\(getpid()).\(UInt64.random(in: 0...UInt64.max)).new"
    let descriptor = unsafe open(
      temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return false }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { break }
      bytes = bytes.dropFirst(written)
    }
    let isWhole = bytes.isEmpty && fsync(descriptor) == 0
    close(descriptor)
    if isWhole, unsafe rename(temporary, file) == 0 { return true }
    _ = unsafe unlink(temporary)
    return false
  }

  /// Makes the folder and those above it.
  private func makeFolder() -> Bool {
    var path = folder.hasPrefix("/") ? "/" : ""
    for part in folder.split(separator: "/") {
      path += part + "/"
      if unsafe mkdir(path, 0o755) != 0 && errno != EEXIST { return false }
    }
    return true
  }

  /// The beginning of all file names of a property: readable, then exact.
  private static func prefix(_ name: String) -> String {
    let readable = name.utf8.prefix(48).map { byte -> Character in
      let character = Character(Unicode.Scalar(byte))
      return character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
    }
    return String(readable) + "-" + hexadecimal(digest(name)) + "-"
  }

  /// The name on one line.
  private static func line(_ name: String) -> String {
    String(name.map { $0.isNewline ? " " : $0 })
  }

  private static func digest(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private static func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func toStandardError(_ text: String) {
    let line = Array(("*** " + text + " ***\n").utf8)
    _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
