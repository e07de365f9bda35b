/// Writes archives in the newc form (Spec/Image.md §3.1): the same files in the same order are the
/// same bytes, whoever owns them and whenever they were changed.
public enum CPIOWriter {
  /// The archive of these files in their order, trailer included; a multiple of four bytes.
  ///
  /// The caller gives each name once, folders before what lies in them, and no `other` kind.
  public static func archive(_ files: [CPIOFile]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(files.reduce(512) { $0 + $1.content.count + $1.name.utf8.count + 128 })
    for (index, file) in files.enumerated() {
      append(file, inode: UInt32(index + 1), to: &output)
    }
    append(
      fields: [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], name: CPIOFormat.trailer, content: [], to: &output)
    return output
  }

  private static func append(_ file: CPIOFile, inode: UInt32, to output: inout [UInt8]) {
    var type: UInt32
    var device: (major: UInt32, minor: UInt32) = (0, 0)
    var links: UInt32 = 1
    switch file.kind {
    case .file: type = 0o100000
    case .folder:
      type = 0o040000
      links = 2
    case .characterDevice(let major, let minor):
      type = 0o020000
      device = (major, minor)
    case .other: preconditionFailure("the builder writes files, folders and character devices")
    }
    type |= file.permissions & 0o7777
    guard let size = UInt32(exactly: file.content.count) else {
      preconditionFailure("the builder's bounds keep files below 4 GiB")
    }
    append(
      fields: [inode, type, 0, 0, links, 0, size, 0, 0, device.major, device.minor],
      name: Array(file.name.utf8), content: file.content, to: &output)
  }

  /// Appends one entry; `fields` are the first eleven, behind them come the name's size and a sum
  /// that this form does not use.
  private static func append(
    fields: [UInt32], name: [UInt8], content: [UInt8], to output: inout [UInt8]
  ) {
    output += CPIOFormat.magic
    for field in fields + [UInt32(name.count + 1), 0] {
      let digits = String(field, radix: 16)
      output += String(repeating: "0", count: 8 - digits.count).utf8
      output += digits.utf8
    }
    output += name
    output.append(0)
    pad(&output)
    output += content
    pad(&output)
  }

  private static func pad(_ output: inout [UInt8]) {
    output += [UInt8](repeating: 0, count: CPIOFormat.padding(after: output.count))
  }
}
