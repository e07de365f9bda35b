/// Why a text is not the content of `/enclave.arguments`.
enum BootArgumentsError: Error, Equatable, CaseIterable {
  /// More than ``BootArguments/maximumBytes``.
  case tooLong
  /// Not UTF-8.
  case notText
  /// A NUL is in it.
  case containsNUL
  /// The last line does not end.
  case unterminated
  /// The first line is empty or not there.
  case noCommandLine
  /// No argument follows.
  case noArguments
  /// More than ``BootArguments/maximumArguments``.
  case tooManyArguments

  /// One line for people.
  var message: StaticString {
    switch self {
    case .tooLong: "is too long"
    case .notText: "is not UTF-8"
    case .containsNUL: "contains a NUL"
    case .unterminated: "does not end with a line feed"
    case .noCommandLine: "names no kernel command line"
    case .noArguments: "names no command for the enclave"
    case .tooManyArguments: "has too many arguments"
    }
  }
}

/// What the application ramdisk says: the kernel's command line and the enclave's own arguments
/// (`Spec/Boot.md §2`).
struct BootArguments: Equatable {
  /// Where the ramdisk has it.
  static let path = "/enclave.arguments"
  /// The most bytes of the text.
  static let maximumBytes = 64 << 10
  /// The most arguments.
  static let maximumArguments = 256

  /// The command line that the kernel must have been started with.
  let commandLine: [UInt8]
  /// The arguments, without a program's name; at least one.
  let arguments: [String]

  /// Reads the text.
  init(parsing bytes: [UInt8]) throws(BootArgumentsError) {
    guard bytes.count <= Self.maximumBytes else { throw .tooLong }
    guard !bytes.contains(0) else { throw .containsNUL }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .notText }
    guard let first = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
      throw bytes.isEmpty ? .noCommandLine : .unterminated
    }
    guard bytes.last == UInt8(ascii: "\n") else { throw .unterminated }
    guard first > 0 else { throw .noCommandLine }
    let rest = bytes[(first + 1)...].dropLast()
    guard first + 1 < bytes.count else { throw .noArguments }
    let lines = rest.split(
      separator: UInt8(ascii: "\n"), maxSplits: Self.maximumArguments,
      omittingEmptySubsequences: false)
    guard lines.count <= Self.maximumArguments else { throw .tooManyArguments }
    commandLine = Array(bytes[..<first])
    arguments = lines.map { String(decoding: $0, as: UTF8.self) }
  }
}
