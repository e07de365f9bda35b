import Foundation
import FuzzTargets
import PropertyTesting
import Testing

/// One input of a target, with a name for the report.
struct KeptInput: Sendable, CustomTestStringConvertible {
  let target: FuzzTarget
  let name: String
  let bytes: [UInt8]

  var testDescription: String { "\(target.name): \(name)" }

  /// Runs it; throws what does not hold.
  func run() throws(Violation) {
    var notes = FuzzNotes()
    try target.body(bytes, &notes)
  }
}

/// The inputs under `Fuzz/`.
enum KeptInputs {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fuzz")

  /// The names of a folder's files, sorted.
  static func names(in path: String) -> [String] {
    let found = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent(path).path)
    return (found ?? []).filter { !$0.hasPrefix(".") }.sorted()
  }

  static func read(_ path: String, target: FuzzTarget, name: String) -> KeptInput? {
    let data = try? Data(contentsOf: folder.appendingPathComponent(path))
    return data.map { KeptInput(target: target, name: name, bytes: Array($0)) }
  }

  /// Inputs that once broke something.
  static let crashes: [KeptInput] = names(in: "Crashes").compactMap { name in
    guard let target = target(ofCrash: name) else { return nil }
    return read("Crashes/\(name)", target: target, name: name)
  }

  /// The target that a crash's file name begins with; the longest name that fits.
  static func target(ofCrash name: String) -> FuzzTarget? {
    TargetList.all.filter { name.hasPrefix($0.name + "-") }.max { $0.name.count < $1.name.count }
  }

  /// The seeds of a target, as files.
  static func corpus(of target: FuzzTarget) -> [KeptInput] {
    names(in: "Corpora/\(target.name)").compactMap { name in
      read("Corpora/\(target.name)/\(name)", target: target, name: name)
    }
  }
}

@Suite("Inputs kept by fuzzing")
struct KeptInputTests {
  @Test("what once broke something holds", arguments: KeptInputs.crashes)
  func crash(input: KeptInput) throws { try input.run() }

  @Test("every file of Crashes is some target's")
  func names() {
    let names = KeptInputs.names(in: "Crashes")
    #expect(names.filter { KeptInputs.target(ofCrash: $0) == nil } == [])
    #expect(KeptInputs.crashes.count == names.count)
  }

  @Test("every seed holds and is what the target makes", arguments: TargetList.all.map(\.name))
  func seeds(name: String) throws {
    let target = try #require(TargetList.named(name))
    let files = KeptInputs.corpus(of: target)
    let seeds = try target.seeds()
    #expect(files.count == seeds.count)
    #expect(!seeds.isEmpty)
    for seed in seeds {
      #expect(seed.bytes.count <= target.maximumBytes, "\(seed.name) is too long")
      let file = files.first { $0.name == seed.name + ".bin" }
      #expect(file?.bytes == seed.bytes, "\(name)/\(seed.name): run Fuzz/run --seeds")
      try KeptInput(target: target, name: seed.name, bytes: seed.bytes).run()
    }
  }

  @Test("targets have names of their own that files can bear")
  func targetNames() {
    let names = TargetList.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names == names.sorted())
    #expect(names.count >= 14)
    for name in names {
      #expect(name.utf8.allSatisfy { $0 == 0x2d || (0x61...0x7a).contains($0) }, "\(name)")
    }
  }

  @Test("the canary breaks on the one kind of input that it is for")
  func canary() throws {
    let target = try #require(TargetList.named(TargetList.canary))
    var song = Array("EPHM".utf8) + [0xde, 0xad, 0xbe, 0xef, 3, 0, 0, 1]
    #expect(throws: Violation.self) {
      try KeptInput(target: target, name: "song", bytes: song).run()
    }
    song[4] = 0
    #expect(throws: Never.self) {
      try KeptInput(target: target, name: "silence", bytes: song).run()
    }
  }

  @Test("targets bear short and random inputs", arguments: TargetList.all.map(\.name))
  func random(name: String) throws {
    let target = try #require(TargetList.named(name))
    // Whole sessions take milliseconds each.
    let isSlow = name == "interleavings" || name == "onnx"
    var random = SeededRandom(seed: 11)
    for length in 0..<(isSlow ? 8 : 64) {
      let bytes = (0..<min(length, target.maximumBytes)).map { _ in
        UInt8(truncatingIfNeeded: random.next())
      }
      try KeptInput(target: target, name: "random", bytes: bytes).run()
    }
  }
}
