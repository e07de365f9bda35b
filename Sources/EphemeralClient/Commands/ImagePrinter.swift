internal import EphemeralAttestation
internal import EphemeralCrypto
internal import EphemeralImage

/// An image for people and for scripts. All texts of the file are escaped.
enum ImagePrinter {
  /// Characters of a text from the file that are shown.
  private static let shownBytes = 4_096

  // MARK: For scripts

  static func registers(_ measurement: ImageMeasurement) -> JSONValue {
    .object(named(measurement).map { JSONValue.Member("pcr\($0.index)", .string($0.value)) })
  }

  static func json(
    _ report: ImageReport, _ ramdisks: [RamdiskListing], bytes: Int, problem: String?
  ) -> JSONValue {
    .members([
      "bytes": .integer(bytes),
      "version": .integer(ImageLayout.version),
      "architecture": .string(report.layout.architecture.rawValue),
      "defaultMemoryBytes": .integer(report.layout.defaultMemoryBytes),
      "defaultProcessors": .integer(report.layout.defaultProcessors),
      "checksum": .members([
        "stored": .string(hexadecimal(report.layout.storedChecksum)),
        "computed": .string(hexadecimal(report.checksum)),
        "matches": .bool(report.checksumMatches),
      ]),
      "commandLine": .string(shown(report.commandLine)),
      "sections": .array(
        report.layout.sections.map { section in
          .members([
            "kind": .string(section.kind.name), "offset": .integer(section.content.lowerBound),
            "bytes": .integer(section.content.count),
          ])
        }),
      "measurements": registers(report.measurement),
      "signature": signing(report.signing),
      "metadata": report.metadata.map { .string(shown($0)) } ?? .null,
      "ramdisks": .array(ramdisks.map(ramdisk)),
      "sound": .bool(problem == nil),
      "problem": problem.map { .string($0) } ?? .null,
    ])
  }

  private static func signing(_ signing: ImageReport.Signing) -> JSONValue {
    switch signing {
    case .unsigned: .null
    case .signed(let certificate):
      .members([
        "valid": .bool(true), "certificate": .string(Hexadecimal.encode(SHA256.hash(certificate))),
      ])
    case .refused(let error):
      .members(["valid": .bool(false), "problem": .string(error.description)])
    }
  }

  private static func ramdisk(_ listing: RamdiskListing) -> JSONValue {
    switch listing {
    case .archive(let files, let isCompressed):
      .members([
        "compressed": .bool(isCompressed), "files": .array(files.map(file)),
      ])
    case .notShown(let why): .members(["notShown": .string(why)])
    }
  }

  private static func file(_ file: RamdiskListing.File) -> JSONValue {
    .members([
      "name": .string(shown(file.entry.name)), "type": .string(type(file.entry.kind)),
      "mode": .string(octal(file.entry.permissions)), "owner": .integer(file.entry.owner),
      "group": .integer(file.entry.group), "modified": .integer(file.entry.modified),
      "bytes": .integer(file.entry.content.count),
      "sha256": file.digest.map { .string(Hexadecimal.encode($0)) } ?? .null,
    ])
  }

  // MARK: For people

  static func registerLines(_ measurement: ImageMeasurement) -> [String] {
    named(measurement).map { "PCR\($0.index)          \($0.value)" }
  }

  static func text(
    _ report: ImageReport, _ ramdisks: [RamdiskListing], name: String, bytes: Int
  ) -> String {
    let style = Style()
    let layout = report.layout
    let memory = ByteCount.text(layout.defaultMemoryBytes)
    let stored = hexadecimal(layout.storedChecksum)
    var lines = [
      "image         \(style.bold(InspectCommand.printable(name))), "
        + "\(ByteCount.text(UInt64(bytes))), EIF version \(ImageLayout.version), "
        + layout.architecture.rawValue,
      "defaults      \(memory) of memory, \(layout.defaultProcessors) processors",
      "checksum      "
        + (report.checksumMatches
          ? "\(stored), matches"
          : style.red("\(stored), WRONG: the file's is \(hexadecimal(report.checksum))")),
      "command line  \(shown(report.commandLine))",
    ]
    lines += registerLines(report.measurement)
    switch report.signing {
    case .unsigned: lines.append("signature     none")
    case .signed(let certificate):
      lines.append(
        "signature     of PCR0, by the certificate \(Hexadecimal.encode(SHA256.hash(certificate)))")
    case .refused(let error):
      lines.append("signature     " + style.red("REFUSED: \(error.description)"))
    }
    if let metadata = report.metadata { lines.append("metadata      \(shown(metadata))") }
    lines.append("sections")
    var ramdisk = 0
    for section in layout.sections {
      let size = ByteCount.text(UInt64(section.content.count))
      lines.append("  \(Style.pad(section.kind.name, to: 12))  \(size)")
      guard section.kind == .ramdisk else { continue }
      if ramdisk < ramdisks.count { lines += files(ramdisks[ramdisk]) }
      ramdisk += 1
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func files(_ listing: RamdiskListing) -> [String] {
    switch listing {
    case .notShown(let why): return ["    not shown: \(why)"]
    case .archive(let files, let isCompressed):
      let lines = files.map { file in
        let size = file.entry.kind == .file ? "\(file.entry.content.count)" : ""
        let digest = file.digest.map { "  sha256 " + Hexadecimal.encode($0) } ?? ""
        return "    \(octal(file.entry.permissions))  \(Style.pad(type(file.entry.kind), to: 13))"
          + "  \(Style.pad(size, to: 10))  \(shown(file.entry.name))\(digest)"
      }
      return (isCompressed ? ["    one gzip stream"] : ["    a plain archive"]) + lines
    }
  }

  private static func named(_ measurement: ImageMeasurement) -> [(index: Int, value: String)] {
    var registers = [(0, measurement.pcr0), (1, measurement.pcr1), (2, measurement.pcr2)]
    if let signer = measurement.pcr8 { registers.append((8, signer)) }
    return registers.map { (index: $0.0, value: Hexadecimal.encode($0.1)) }
  }

  private static func type(_ kind: CPIOKind) -> String {
    switch kind {
    case .file: "file"
    case .folder: "folder"
    case .characterDevice(let major, let minor): "device \(major),\(minor)"
    case .other: "other"
    }
  }

  private static func octal(_ permissions: UInt32) -> String {
    let digits = String(permissions, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// Bytes of the file as printable ASCII, anything else as `\xNN`.
  static func shown(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes.prefix(shownBytes) {
      switch byte {
      case 0x5c: text += "\\\\"
      case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "\\x" + Hexadecimal.encode([byte])
      }
    }
    return text + (bytes.count > shownBytes ? "…" : "")
  }
}
