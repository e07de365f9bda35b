#if Fuzzing
  import FuzzTargets
  import Glibc
  import PropertyTesting

  /// The commands of ephml-fuzz.
  struct FuzzCommand {
    /// How the process ends; `Fuzz/run` passes these on.
    enum Status: Int32 {
      case nothingFound = 0
      case found = 1
      case usage = 2
      case gateFailed = 3
    }

    private static let usage = """
      usage: ephml-fuzz COMMAND
        list                      the targets
        run TARGET [OPTION...]    fuzzes a target
          --seed N                equal seeds and executions give equal runs; 1
          --executions N          the most executions
          --seconds N             the longest run
          --corpus DIR            inputs to begin with, beside the target's own; repeatable
          --keep DIR              where inputs that show something new go
          --crashes DIR           where inputs that break something go; .
          --floor N               fails unless so many edges are covered
          --json FILE             where the figures go
          --hang SECONDS          how long one input may run; 20
        replay TARGET FILE...     runs inputs one by one
        seeds DIR                 writes each target's own seeds into DIR/TARGET
        minimise TARGET DIR OUT   writes the inputs of DIR that are needed into OUT
        documents                 writes the sessions' documents as Swift
      exit status: 0 nothing found, 1 found, 2 usage, 3 too few edges or no instrumentation
      """

    private let arguments: [String]

    init(_ arguments: [String]) { self.arguments = arguments }

    func run() -> Never {
      do throws(FuzzArguments.Problem) {
        exit(try carryOut().rawValue)
      } catch {
        Self.complain("\(error.text)\n\(Self.usage)")
        exit(Status.usage.rawValue)
      }
    }

    /// Writes to standard error.
    static func complain(_ text: String) {
      var line = text + "\n"
      line.withUTF8 { bytes in _ = unsafe Glibc.write(2, bytes.baseAddress, bytes.count) }
    }

    private func carryOut() throws(FuzzArguments.Problem) -> Status {
      let parsed = try FuzzArguments(arguments)
      guard let command = parsed.words.first else {
        throw FuzzArguments.Problem(text: "no command")
      }
      let words = Array(parsed.words.dropFirst())
      switch command {
      case "list":
        for target in TargetList.all { print("\(target.name)\t\(target.summary)") }
        return .nothingFound
      case "run", "child":
        try parsed.allow([
          "--seed", "--executions", "--seconds", "--corpus", "--keep", "--crashes", "--floor",
          "--json", "--hang", "--box",
        ])
        let run = try FuzzRun(target: target(words.first), arguments: parsed)
        return command == "run" ? run.supervise() : run.fuzz()
      case "replay":
        try parsed.allow(["--box"])
        return try replay(words, box: parsed.text("--box"))
      case "seeds": return try writeSeeds(words.first)
      case "minimise": return try minimise(words)
      case "documents":
        print(try DocumentWriter.text())
        return .nothingFound
      default: throw FuzzArguments.Problem(text: "there is no command \(command)")
      }
    }

    private func target(_ name: String?) throws(FuzzArguments.Problem) -> FuzzTarget {
      guard let name else { throw FuzzArguments.Problem(text: "which target?") }
      guard let target = TargetList.named(name) else {
        throw FuzzArguments.Problem(text: "there is no target \(name)")
      }
      return target
    }

    /// Runs each file's input; with a box, so that a supervisor knows which one trapped.
    private func replay(
      _ words: [String], box path: String?
    ) throws(FuzzArguments.Problem) -> Status {
      let target = try target(words.first)
      let box = path.flatMap { path in
        try? FuzzBlackBox(path: path, maximumBytes: target.maximumBytes)
      }
      var status = Status.nothingFound
      for file in words.dropFirst() {
        guard let input = CorpusFolder.readFile(file, maximumBytes: target.maximumBytes) else {
          throw FuzzArguments.Problem(text: "\(file) cannot be read, or is too long")
        }
        var notes = FuzzNotes()
        box?.willRun(input)
        do throws(Violation) {
          try target.body(input, &notes)
        } catch {
          print("\(target.name): \(file): \(error)")
          status = .found
        }
        box?.didRun()
      }
      return status
    }

    private func writeSeeds(_ folder: String?) throws(FuzzArguments.Problem) -> Status {
      guard let folder else { throw FuzzArguments.Problem(text: "into which folder?") }
      do {
        for target in TargetList.all {
          let corpus = CorpusFolder("\(folder)/\(target.name)")
          for seed in try target.seeds() { try corpus.write(seed.bytes, name: "\(seed.name).bin") }
        }
      } catch {
        throw FuzzArguments.Problem(text: "the seeds cannot be written: \(error)")
      }
      return .nothingFound
    }

    private func minimise(_ words: [String]) throws(FuzzArguments.Problem) -> Status {
      let target = try target(words.first)
      guard words.count == 3 else { throw FuzzArguments.Problem(text: "minimise TARGET DIR OUT") }
      do {
        let read = try CorpusFolder(words[1]).read(maximumBytes: target.maximumBytes)
        let kept = FuzzEngine(target, coverage: SanitizerCoverage())
          .minimise(read.inputs.map(\.bytes))
        let out = CorpusFolder(words[2])
        for input in kept { try out.write(input, name: CorpusFolder.name(for: input)) }
        print("\(target.name): kept \(kept.count) of \(read.inputs.count) inputs")
      } catch {
        throw FuzzArguments.Problem(text: "\(error)")
      }
      return .nothingFound
    }
  }
#endif
