import EphemeralImage
import PropertyTesting

/// An image is refused, or its sections are the file; once the checksum is right, what is written of
/// its sections is the same file. The same bytes are tried as an executable and a signature section.
let imageTarget = FuzzTarget(
  "eif", "enclave images, executables and signature sections", maximumBytes: 8192,
  dictionary: [
    ascii(".eif"), ascii("070701"), ascii("TRAILER!!!"), ascii("enclave.arguments"),
    ascii("signing_certificate"), [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], [0x1f, 0x8b, 8],
  ],
  seeds: {
    let executable = sampleExecutable()
    var recipe = ImageRecipe(
      kernel: [1, 2, 3], modules: [],
      executable: try StaticExecutable(trimming: executable))
    recipe.commandLine = "quiet"
    return [
      FuzzSeed("image", try recipe.build()), FuzzSeed("executable", executable),
      FuzzSeed("signature", [0x81, 0xa2]),
    ]
  }
) { (bytes, notes) throws(Violation) in
  let source = ArraySource(bytes)
  if let executable = accepted({ try StaticExecutable(trimming: bytes) }) {
    try require(executable.bytes.count <= bytes.count, "an executable grows when it is cut")
    try require(
      accepted { try StaticExecutable(trimming: executable.bytes) } == executable,
      "an executable is cut twice")
  }
  if let signature = accepted({ try ImageSignature(decoding: bytes) }) {
    try require(
      accepted { try ImageSignature(decoding: signature.encoded()) } == signature,
      "a signature reads otherwise once written")
  }
  guard let report = accepted({ try ImageReport(reading: source) }) else { return }
  let layout = report.layout
  let contents = layout.sections.reduce(0) {
    $0 + ImageLayout.sectionHeaderBytes + $1.content.count
  }
  try require(ImageLayout.headerBytes + contents == bytes.count, "bytes that belong to nothing")
  for section in layout.sections(of: .ramdisk) {
    let listing = accepted { try RamdiskListing(reading: source, section) }
    try require(listing != nil, "a ramdisk inside the file cannot be read")
  }
  let again = accepted {
    try ImageWriter.image(
      architecture: layout.architecture, defaultMemoryBytes: layout.defaultMemoryBytes,
      defaultProcessors: layout.defaultProcessors,
      sections: layout.sections.map { ($0.kind, Array(bytes[$0.content])) })
  }
  guard let again else { throw Violation(message: "an image that is read cannot be written") }
  try require((again == bytes) == report.checksumMatches, "an image has a second form")
  notes.use(layout.sections.count)
}

/// An archive is refused, or its contents lie in it one behind the other; a stream expands to what
/// compresses to it.
let archiveTarget = FuzzTarget(
  "cpio", "newc archives and the gzip streams around them", maximumBytes: 4096,
  dictionary: [
    ascii("070701"), ascii("TRAILER!!!"), ascii("00000000"), ascii("0000000b"), ascii("ffffffff"),
    [0, 0, 0, 0xff, 0xff],
  ],
  seeds: {
    let archive = CPIOWriter.archive([
      .folder("a"), .file("a/b", permissions: 0o644, content: [1, 2, 3]),
      .device("c", permissions: 0o600, major: 5, minor: 1),
    ])
    return [
      FuzzSeed("archive", archive), FuzzSeed("stream", Gzip.compress(archive)),
      FuzzSeed("empty", Gzip.compress([])),
    ]
  }
) { (bytes, notes) throws(Violation) in
  try checkArchive(bytes, &notes)
  guard let content = accepted({ try Gzip.expand(bytes) }) else { return }
  try require(content.count <= bytes.count, "a stream expands to more than it has")
  try require(Gzip.compress(content) == bytes, "a stream has a second form")
  try checkArchive(content, &notes)
}

private func checkArchive(_ bytes: [UInt8], _ notes: inout FuzzNotes) throws(Violation) {
  guard let entries = accepted({ try CPIOReader.entries(in: ArraySource(bytes), 0..<bytes.count) })
  else { return }
  var position = 0
  for entry in entries {
    try require(!entry.name.isEmpty && !entry.name.contains(0), "a name is none")
    try require(entry.content.lowerBound > position, "two entries overlap")
    position = entry.content.upperBound
  }
  try require(position < bytes.count, "an archive has no trailer")
  notes.use(entries.count)
}

/// A static executable with a loaded segment, a build id and two sections.
private func sampleExecutable() -> [UInt8] {
  func little(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }
  func program(_ kind: UInt64, _ flags: UInt64, _ offset: UInt64, _ count: UInt64) -> [UInt8] {
    little(kind, 4) + little(flags, 4)
      + [offset, 0x40_0000 + offset, 0x40_0000 + offset, count, count, 8].flatMap { little($0, 8) }
  }
  func section(_ name: UInt64, _ offset: UInt64, _ count: UInt64) -> [UInt8] {
    little(name, 4) + little(1, 4) + [0, 0, offset, count].flatMap { little($0, 8) }
      + [UInt8](repeating: 0, count: 24)
  }
  let note = little(4, 4) + little(4, 4) + little(3, 4) + ascii("GNU\u{0}") + [1, 2, 3, 4]
  let names = ascii("\u{0}.swift_modhash\u{0}")
  let loaded: UInt64 = 64 + 112 + 20 + 8
  var file = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
  file += little(2, 2) + little(62, 2) + little(1, 4)
  file += [0x40_0000 + loaded - 8, 64, loaded + UInt64(names.count)].flatMap { little($0, 8) }
  file += little(0, 4) + [64, 56, 2, 64, 2, 1].flatMap { little($0, 2) }
  file += program(1, 5, 0, loaded) + program(4, 4, 64 + 112, 20) + note
  file += [UInt8](repeating: 0xcc, count: 8) + names
  file += section(1, loaded - 4, 4) + section(0, loaded, UInt64(names.count))
  return file
}
