import Glibc
import PropertyTesting
import Testing

@Suite("Files of the fuzz engine")
struct FuzzFileTests {
  /// A folder of its own, gone after the test.
  private final class Folder {
    let path: String

    init() throws {
      var name = Array("/tmp/fuzz-files-XXXXXX".utf8CString)
      let made = unsafe name.withUnsafeMutableBufferPointer { buffer in
        unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) }
      }
      path = unsafe String(cString: try #require(unsafe made))
    }

    deinit {
      for name in ["a", "b", "link", "pipe", "long", "box"] { _ = unsafe unlink("\(path)/\(name)") }
      _ = unsafe rmdir("\(path)/folder")
      _ = unsafe rmdir(path)
    }
  }

  @Test("a corpus folder is read in the order of names, whatever else lies there")
  func hostileFolder() throws {
    let folder = try Folder()
    let corpus = CorpusFolder(folder.path)
    try corpus.write([2, 2], name: "b")
    try corpus.write([], name: "a")
    try corpus.write([UInt8](repeating: 1, count: 65), name: "long")
    #expect(unsafe mkfifo("\(folder.path)/pipe", 0o600) == 0)
    #expect(unsafe mkdir("\(folder.path)/folder", 0o700) == 0)
    #expect(unsafe symlink("nowhere", "\(folder.path)/link") == 0)
    let contents = try corpus.read(maximumBytes: 64)
    #expect(contents.inputs == [FuzzSeed("a", []), FuzzSeed("b", [2, 2])])
    #expect(contents.skipped == 4)
  }

  @Test("a folder that is not there is an error, not an empty corpus")
  func missingFolder() {
    #expect(throws: FuzzFileError.unreadableFolder("/nowhere/at/all")) {
      try CorpusFolder("/nowhere/at/all").read(maximumBytes: 1)
    }
  }

  @Test("names depend on the bytes alone")
  func names() {
    #expect(CorpusFolder.name(for: []) == "cbf29ce484222325.bin")
    #expect(CorpusFolder.name(for: [1]) != CorpusFolder.name(for: [2]))
  }

  @Test("the input that was running outlives a process that is killed")
  func crash() throws {
    let folder = try Folder()
    let box = try FuzzBlackBox(path: folder.path + "/box", maximumBytes: 16)
    box.willRun([1, 2, 3])
    let killed = FuzzSupervisor(
      executable: "/bin/sh", arguments: ["-c", "kill -SEGV $$"], secondsPerExecution: 60)
    #expect(killed.run(box) == .crashed(signal: SIGSEGV, input: [1, 2, 3]))
    box.didRun()
    #expect(killed.run(box) == .crashed(signal: SIGSEGV, input: nil))
  }

  @Test("a process that ends by itself says how")
  func exit() throws {
    let folder = try Folder()
    let box = try FuzzBlackBox(path: folder.path + "/box", maximumBytes: 16)
    var process = FuzzSupervisor(
      executable: "/bin/sh", arguments: ["-c", "exit $CODE"], secondsPerExecution: 60)
    process.environment = ["CODE=7"]
    #expect(process.run(box) == .exited(status: 7))
    process.executable = "/nowhere/at/all"
    #expect(process.run(box) == .notStarted)
  }

  @Test("an input that does not come back is killed and kept")
  func hang() throws {
    let folder = try Folder()
    let box = try FuzzBlackBox(path: folder.path + "/box", maximumBytes: 16)
    box.willRun([9])
    let stuck = FuzzSupervisor(
      executable: "/bin/sleep", arguments: ["1000"], secondsPerExecution: 0)
    #expect(stuck.run(box) == .hung(input: [9]))
  }

  @Test("a box keeps inputs within its bound, and figures")
  func box() throws {
    let folder = try Folder()
    let writer = try FuzzBlackBox(path: folder.path + "/box", maximumBytes: 4)
    let reader = try FuzzBlackBox(path: folder.path + "/box", maximumBytes: 4)
    writer.willRun([1, 2, 3, 4, 5, 6])
    #expect(reader.input == [1, 2, 3, 4])
    #expect(reader.isRunning)
    #expect(reader.executions == 1)
    var statistics = FuzzStatistics()
    statistics.edges = 3
    statistics.features = 5
    statistics.corpusInputs = 7
    writer.publish(statistics)
    statistics.executions = 1
    #expect(reader.statistics == statistics)
    writer.clear()
    #expect(!reader.isRunning && reader.executions == 0 && reader.input.isEmpty)
  }
}
