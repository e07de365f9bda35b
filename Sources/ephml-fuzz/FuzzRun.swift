#if Fuzzing
  import FuzzTargets
  import Glibc
  import PropertyTesting

  /// One run of a target: a process that supervises, and below it one that fuzzes.
  struct FuzzRun {
    /// Memory that a fuzzing process may map, in bytes; beyond it an allocation fails, which traps.
    private static let memoryBytes: UInt = 4 << 30
    /// Runs of a process that shrinking a crash may take.
    private static let shrinkingRuns = 300
    /// How often a process is started anew that ended over nothing that can be kept.
    private static let maximumRestarts = 3

    private let target: FuzzTarget
    private let arguments: FuzzArguments
    private let seed: UInt64
    private let executions: UInt64?
    private let seconds: UInt64?
    private let floor: Int
    private let hangSeconds: UInt64

    init(target: FuzzTarget, arguments: FuzzArguments) throws(FuzzArguments.Problem) {
      self.target = target
      self.arguments = arguments
      seed = try arguments.number("--seed") ?? 1
      executions = try arguments.number("--executions")
      seconds = try arguments.number("--seconds")
      floor = Int(clamping: try arguments.number("--floor") ?? 0)
      hangSeconds = try arguments.number("--hang") ?? 20
      if executions == nil && seconds == nil {
        throw FuzzArguments.Problem(text: "a run needs --executions or --seconds")
      }
    }

    // MARK: The process that fuzzes

    /// Fuzzes in this process.
    func fuzz() -> FuzzCommand.Status {
      limitMemory()
      let box = arguments.text("--box").flatMap { path in
        try? FuzzBlackBox(path: path, maximumBytes: target.maximumBytes)
      }
      let coverage = SanitizerCoverage()
      guard coverage.edgeCount > 1 else {
        FuzzCommand.complain("\(target.name): nothing is instrumented")
        return .gateFailed
      }
      var settings = FuzzSettings()
      settings.seed = seed
      settings.maximumExecutions = executions ?? .max
      settings.maximumSeconds = seconds
      let engine = FuzzEngine(
        target, coverage: coverage, settings: settings, hooks: hooks(box))
      let inputs: [[UInt8]]
      do {
        inputs = try startingInputs()
      } catch {
        FuzzCommand.complain("\(target.name): \(error)")
        return .usage
      }
      let report = engine.run(inputs)
      box?.publish(report.statistics)
      if let finding = report.finding {
        print("\(target.name): \(finding.violation)")
        keepCrash(finding.shrunk, kind: "violation")
        return .found
      }
      return .nothingFound
    }

    private func hooks(_ box: FuzzBlackBox?) -> FuzzHooks {
      var hooks = FuzzHooks()
      if let box {
        hooks.willRun = { box.willRun($0) }
        hooks.didRun = { box.didRun() }
        hooks.progress = { box.publish($0) }
      }
      if let keep = arguments.text("--keep") {
        let folder = CorpusFolder(keep)
        hooks.didKeep = { try? folder.write($0, name: CorpusFolder.name(for: $0)) }
      }
      return hooks
    }

    private func startingInputs() throws -> [[UInt8]] {
      var inputs = try target.seeds().map(\.bytes)
      for path in arguments.texts("--corpus") {
        inputs += try CorpusFolder(path).read(maximumBytes: target.maximumBytes).inputs.map(\.bytes)
      }
      return inputs
    }

    private func limitMemory() {
      var memory = rlimit(rlim_cur: Self.memoryBytes, rlim_max: Self.memoryBytes)
      _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &memory)
      var core = rlimit(rlim_cur: 0, rlim_max: 0)
      _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
    }

    // MARK: The process that supervises

    /// Starts a process that fuzzes, keeps what it found or died of, and prints the figures.
    func supervise() -> FuzzCommand.Status {
      let path = "/tmp/ephml-fuzz-box-\(getpid())"
      defer { _ = unsafe unlink(path) }
      guard let box = try? FuzzBlackBox(path: path, maximumBytes: target.maximumBytes) else {
        FuzzCommand.complain("\(path) cannot be made")
        return .usage
      }
      var status = FuzzCommand.Status.gateFailed
      for attempt in 0...Self.maximumRestarts {
        box.clear()
        let child = process("child", box: path, seed: seed &+ UInt64(attempt))
        switch child.run(box) {
        case .exited(let code):
          status = FuzzCommand.Status(rawValue: code) ?? .gateFailed
        case .crashed(let signal, let input?):
          print("\(target.name): signal \(signal)")
          keepCrash(shrink(input, signal: signal, box: box, path: path), kind: "crash")
          status = .found
        case .hung(let input):
          print("\(target.name): no end within \(hangSeconds) seconds")
          keepCrash(input, kind: "hang")
          status = .found
        case .crashed(let signal, nil):
          FuzzCommand.complain("\(target.name): signal \(signal) between inputs; again")
          continue
        case .notStarted:
          FuzzCommand.complain("\(target.name): the process cannot be started")
        }
        break
      }
      return report(status, box.statistics)
    }

    private func report(
      _ status: FuzzCommand.Status, _ statistics: FuzzStatistics
    ) -> FuzzCommand.Status {
      print("\(target.name)  \(statistics.line)")
      if let file = arguments.text("--json") {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.dropLast().joined(separator: "/")
        let line = statistics.json(target: target.name) + "\n"
        try? CorpusFolder(folder.isEmpty ? "." : folder)
          .write(Array(line.utf8), name: String(parts.last ?? "figures.json"))
      }
      if status == .nothingFound && statistics.edges < floor {
        print("\(target.name): \(statistics.edges) edges are fewer than \(floor)")
        return .gateFailed
      }
      return status
    }

    private func process(_ command: String, box: String, seed: UInt64) -> FuzzSupervisor {
      var words = [command, target.name, "--box", box, "--seed", "\(seed)"]
      if let executions { words += ["--executions", "\(executions)"] }
      if let seconds { words += ["--seconds", "\(seconds)"] }
      for name in ["--corpus", "--keep", "--crashes"] {
        for value in arguments.texts(name) { words += [name, value] }
      }
      return supervisor(words)
    }

    private func supervisor(_ words: [String]) -> FuzzSupervisor {
      var supervisor = FuzzSupervisor(
        executable: "/proc/self/exe", arguments: words, secondsPerExecution: hangSeconds)
      // Hash tables of another order would give other coverage; a backtrace would take seconds.
      supervisor.environment = ["SWIFT_DETERMINISTIC_HASHING=1", "SWIFT_BACKTRACE=enable=no"]
      return supervisor
    }

    /// A simpler input that ends a process by the same signal.
    private func shrink(
      _ input: [UInt8], signal: Int32, box: FuzzBlackBox, path: String
    ) -> [UInt8] {
      let statistics = box.statistics
      let file = path + "-candidate"
      defer { _ = unsafe unlink(file) }
      let folder = CorpusFolder("/tmp")
      let replay = supervisor(["replay", target.name, file, "--box", path])
      let shrunk = ByteReducer.reduce(
        input, attempts: Self.shrinkingRuns, simplifiesBytes: true
      ) { candidate in
        guard (try? folder.write(candidate, name: String(file.dropFirst("/tmp/".count)))) != nil
        else { return false }
        if case .crashed(signal, _) = replay.run(box) { return true }
        return false
      }
      box.publish(statistics)
      return shrunk
    }

    private func keepCrash(_ input: [UInt8], kind: String) {
      let folder = arguments.text("--crashes") ?? "."
      let name = "\(target.name)-\(kind)-\(CorpusFolder.name(for: input))"
      do {
        try CorpusFolder(folder).write(input, name: name)
        print("\(target.name): kept \(folder)/\(name)")
      } catch {
        FuzzCommand.complain("\(target.name): \(folder)/\(name) cannot be written")
      }
    }
  }
#endif
