import EphemeralAttestation
import EphemeralImage
import EphemeralRuntime
import Foundation
import Testing

@testable import EphemeralClient

@Suite("Image commands")
struct ImageCommandTests {
  /// Files of `EphemeralImageTests`.
  private static func vector(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("EphemeralImageTests/Vectors").appendingPathComponent(name).path
  }

  private func parse(_ arguments: [String]) throws -> ParsedCommand {
    let outcome = try CommandLineParser(ClientProgram.specification).parse(arguments)
    guard case .run(let command) = outcome else { throw Unexpected() }
    return command
  }

  private struct Unexpected: Error {}

  /// A folder with a kernel, two modules and the enclave; files get the time `modified`.
  private func parts(modified: TimeInterval) throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("ephml-image-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
    let files: [(String, [UInt8])] = [
      ("kernel", (0..<997).map { UInt8(truncatingIfNeeded: $0 * 7) }),
      ("one.ko", elf + [UInt8](repeating: 1, count: 30)),
      ("two_b.ko", elf + (0...255).map { UInt8($0) }),
      ("enclave", [UInt8](try Data(contentsOf: URL(filePath: Self.vector("executable.elf"))))),
    ]
    for (name, content) in files {
      let file = folder.appendingPathComponent(name)
      try Data(content).write(to: file)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: modified)], ofItemAtPath: file.path)
    }
    return folder
  }

  private func build(in folder: URL, _ more: [String] = []) throws -> [String] {
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    return [
      "image", "build", "--kernel", path("kernel"), "--module", path("one.ko"), "--module",
      path("two_b.ko"), "--enclave", path("enclave"), "--out", path("image.eif"), "--json",
      "--command-line", "console=ttyS0 quiet",
    ] + more
  }

  @Test("Equal parts in two folders with other times are one image, the known one")
  func reproducible() throws {
    for modified in [0, 1_800_000_000] as [TimeInterval] {
      let folder = try parts(modified: modified)
      defer { try? FileManager.default.removeItem(at: folder) }
      #expect(try ImageBuildCommand.run(try parse(try build(in: folder))) == .done)
      let image = try Data(contentsOf: folder.appendingPathComponent("image.eif"))
      #expect(image == (try Data(contentsOf: URL(filePath: Self.vector("small.eif")))))
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == ["enclave", "image.eif", "kernel", "one.ko", "two_b.ko"])
    }
  }

  @Test("The order of modules, the arguments and the defaults go into the image")
  func options() throws {
    let folder = try parts(modified: 1)
    defer { try? FileManager.default.removeItem(at: folder) }
    let plain = try ImageBuildCommand.recipe(try parse(try build(in: folder)))
    #expect(plain.modules.map(\.name) == ["one", "two_b"])
    #expect(plain.arguments == ImageRecipe.standardArguments)
    let more = [
      "--argument", "serve", "--argument", "--listen", "--argument=--memory", "--memory",
      "134217728", "--cpus", "4", "--arch", "x86_64",
    ]
    let full = try ImageBuildCommand.recipe(try parse(try build(in: folder, more)))
    #expect(full.arguments == ["serve", "--listen", "--memory"])
    #expect(full.defaultMemoryBytes == 134_217_728 && full.defaultProcessors == 4)
  }

  @Test("What is wrong is named, with the right exit code, and nothing is written")
  func refusals() throws {
    let folder = try parts(modified: 1)
    defer { try? FileManager.default.removeItem(at: folder) }
    let empty = folder.appendingPathComponent("empty").path
    try Data().write(to: URL(filePath: empty))
    let pipe = folder.appendingPathComponent("pipe.ko").path
    // The path's bytes are lent for the call.
    let made = unsafe mkfifo(pipe, 0o600)
    #expect(made == 0)
    let cases: [([String], ExitCode, String)] = [
      (["--kernel=\(empty)"], .failed, "empty: is empty"),
      (["--kernel=\(folder.path)"], .failed, "not a regular file"),
      (["--kernel=/nowhere"], .failed, "no such file"),
      (["--module=\(pipe)"], .failed, "not a regular file"),
      (["--module=\(empty)"], .failed, "not a kernel module's name"),
      (["--enclave=\(empty)"], .failed, "not an ELF executable"),
      (["--arch=arm64"], .failed, "made for x86_64, and --arch says arm64"),
      (["--arch=x86"], .usage, "one of x86_64, arm64 is needed"),
      (["--memory=1"], .usage, "a whole number from"),
      (["--command-line="], .usage, "printable ASCII"),
      (["--argument="], .usage, "--argument: an argument is empty"),
      (["--sign-key=x"], .usage, "are given together"),
      (["--sign-key=\(empty)", "--sign-certificate=\(empty)"], .failed, "not a certificate"),
      (["--out=\(folder.path)"], .failed, "cannot be written"),
      (["--out=/nowhere/image.eif"], .failed, "cannot be written"),
    ]
    for (change, code, words) in cases {
      // What is changed is given once.
      let changed = change.map { String($0.prefix { $0 != "=" }) + "=" }
      var arguments: [String] = []
      var skip = false
      for word in try build(in: folder) {
        if skip { skip = false; continue }
        skip = word != "--module" && changed.contains(word + "=")
        if !skip { arguments.append(word) }
      }
      do throws(ClientFailure) {
        guard let command = try? parse(arguments + change) else {
          Issue.record("\(change) is not understood")
          continue
        }
        _ = try ImageBuildCommand.run(command)
        Issue.record("\(change) was built")
      } catch {
        #expect(error.exitCode == code && error.message.contains(words), "\(change): \(error)")
      }
    }
    #expect(
      !FileManager.default.fileExists(atPath: folder.appendingPathComponent("image.eif").path))
  }

  @Test("A policy pins the known registers, and a root that is named", arguments: [false, true])
  func measure(signed: Bool) throws {
    let name = Self.vector(signed ? "signed.eif" : "small.eif")
    let (policy, isBound) = try ImageMeasureCommand.policy(name, roots: nil)
    #expect(isBound)
    #expect(policy.roots == nil && policy.measurements.count == 1)
    #expect((policy.measurements[0].pcr8 != nil) == signed)
    let read = try PolicyFile.parse(Array(policy.canonicalJSON.utf8), file: "policy")
    #expect(read == policy)
    let root = [UInt8](repeating: 7, count: 32)
    #expect(try ImageMeasureCommand.policy(name, roots: [root]).policy.roots == [root])
  }

  @Test("An image that carries no copy of its command line is known for it")
  func unbound() throws {
    let image = [UInt8](try Data(contentsOf: URL(filePath: Self.vector("small.eif"))))
    let sections = try ImageLayout(reading: ArraySource(image)).sections
    var contents = sections.map { (kind: $0.kind, content: Array(image[$0.content])) }
    contents[contents.count - 1].content = [0x1f, 0x8b, 0, 0]
    let foreign = try ImageWriter.image(
      architecture: .x86, defaultMemoryBytes: 1 << 30, defaultProcessors: 2, sections: contents)
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("ephml-foreign-\(UUID().uuidString).eif")
    try Data(foreign).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    #expect(try ImageMeasureCommand.policy(file.path, roots: nil).isBound == false)
  }

  @Test("Files that are no sound image have no policy")
  func unsound() throws {
    let folder = try parts(modified: 1)
    defer { try? FileManager.default.removeItem(at: folder) }
    var image = [UInt8](try Data(contentsOf: URL(filePath: Self.vector("small.eif"))))
    image[600] ^= 1
    let file = folder.appendingPathComponent("damaged.eif")
    try Data(image).write(to: file)
    let paths = [
      (file.path, "checksum"), (folder.path, "not a regular file"),
      (Self.vector("executable.elf"), "not an enclave image"), ("/nowhere", "No such file"),
    ]
    for (path, words) in paths {
      do throws(ClientFailure) {
        _ = try ImageMeasureCommand.policy(path, roots: nil)
        Issue.record("\(path) was measured")
      } catch {
        #expect(error.exitCode == .failed && error.message.contains(words), "\(error)")
      }
    }
    // What is unsound is shown all the same, and the exit code says so.
    let command = try parse(["image", "inspect", file.path])
    do throws(ClientFailure) {
      _ = try ImageInspectCommand.run(command)
      Issue.record("a damaged image passes")
    } catch {
      #expect(error.exitCode == .failed && error.message.contains("checksum"))
    }
  }

  @Test("Text from a file cannot steer a terminal")
  func escaping() {
    #expect(
      ImagePrinter.shown(Array("a\\b\u{1b}[31m\u{0}é".utf8)) == "a\\\\b\\x1b[31m\\x00\\xc3\\xa9")
    #expect(ImagePrinter.shown([UInt8](repeating: 0x61, count: 5_000)).count == 4_097)
  }
}
