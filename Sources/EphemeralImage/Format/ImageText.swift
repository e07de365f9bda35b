/// What may stand in a kernel command line and in the enclave's arguments (Spec/Image.md §4).
public enum ImageText {
  /// Where the enclave finds its command line and arguments, in the application ramdisk.
  static let argumentsFileName = "enclave.arguments"

  /// The bytes of a command line that the builder writes and that `measure` accepts.
  ///
  /// Errors: commandLine unless it is 1 to 1,024 printable ASCII characters, with no space at
  /// either end and no two spaces together: a kernel or loader that tidies spaces cannot change it.
  public static func checkCommandLine(_ bytes: [UInt8]) throws(ImageError) {
    guard (1...ImageBounds.commandLineBytes).contains(bytes.count),
      bytes.allSatisfy({ (0x20...0x7e).contains($0) })
    else { throw .commandLine }
    var before: UInt8 = 0x20
    for byte in bytes {
      guard byte != 0x20 || before != 0x20 else { throw .commandLine }
      before = byte
    }
    guard before != 0x20 else { throw .commandLine }
  }

  /// `/enclave.arguments`: the command line, then one argument a line, each line ended.
  ///
  /// Errors: commandLine, argument (empty, or with a control character), argumentCount,
  /// argumentsTooLong.
  public static func argumentsFile(
    commandLine: String, arguments: [String]
  ) throws(ImageError) -> [UInt8] {
    try checkCommandLine(Array(commandLine.utf8))
    guard (1...ImageBounds.arguments).contains(arguments.count) else { throw .argumentCount }
    var file: [UInt8] = []
    for line in [commandLine] + arguments {
      guard !line.isEmpty,
        line.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
      else { throw .argument }
      guard line.utf8.count < ImageBounds.argumentsBytes - file.count else {
        throw .argumentsTooLong
      }
      file += line.utf8
      file.append(0x0a)
    }
    return file
  }
}
