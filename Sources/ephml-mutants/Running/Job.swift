import Foundation

/// Mutants that one child runs under one oracle.
struct Job: Sendable {
  let name: String
  var ids: [String]

  init(_ name: String, _ ids: [String] = []) {
    self.name = name
    self.ids = ids
  }
}

/// One child process with its output, watched by its parent.
final class Worker {
  /// How long a mutant may take before it counts as hanging, in seconds.
  static let patienceSeconds = 40.0

  let job: Job
  private(set) var verdicts: [(id: String, verdict: Verdict)] = []
  private(set) var begun: String?
  private let process = Process()
  private let output: URL
  private let skipped: Int
  private var lineCount = 0
  private var lastProgress = Date()

  /// Starts a child.
  init(_ job: Job, program: String, skipping skipped: Int) throws {
    self.job = job
    self.skipped = skipped
    output = FileManager.default.temporaryDirectory
      .appending(path: "ephml-mutants-\(UUID().uuidString)")
    guard FileManager.default.createFile(atPath: output.path, contents: nil) else {
      throw Finding("no file for a child's output")
    }
    process.executableURL = URL(filePath: program)
    process.arguments =
      ["--child", job.name, "--skip", "\(skipped)"] + job.ids.flatMap { ["--only", $0] }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  /// Reads what is new; true once the child is over.
  func poll() -> Bool {
    let isOver = !process.isRunning
    read()
    if isOver {
      if let begun { verdicts.append((begun, .crashed)) }
      finish()
      return true
    }
    if Date().timeIntervalSince(lastProgress) > Self.patienceSeconds {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      read()
      if let begun { verdicts.append((begun, .timedOut)) }
      finish()
      return true
    }
    return false
  }

  private func read() {
    guard let text = try? String(contentsOf: output, encoding: .utf8) else { return }
    let lines = text.split(separator: "\n").compactMap { ReportLine(decoding: $0) }
    for line in lines.dropFirst(lineCount) {
      if let verdict = line.verdict {
        verdicts.append((line.id, verdict))
        begun = nil
      } else {
        begun = line.id
      }
      lastProgress = Date()
    }
    lineCount = max(lineCount, lines.count)
  }

  private func finish() {
    begun = nil
    try? FileManager.default.removeItem(at: output)
  }

  /// What a further child has to do after this one was lost; nil where nothing is left.
  func rest() -> (job: Job, skipped: Int)? {
    let done = verdicts.count
    if job.ids.isEmpty {
      guard let last = verdicts.last, last.verdict == .crashed || last.verdict == .timedOut else {
        return nil
      }
      return (job, skipped + done)
    }
    guard done > 0, done < job.ids.count else { return nil }
    return (Job(job.name, Array(job.ids.dropFirst(done))), 0)
  }
}

/// Runs jobs, two at a time.
struct Pool {
  static let width = 2
  let program: String
  /// Told of each job that is done.
  var progress: (String) -> Void = { _ in }

  /// All verdicts, by job.
  func run(_ jobs: [Job]) throws -> [(job: String, id: String, verdict: Verdict)] {
    var waiting = jobs.map { (job: $0, skipped: 0) }
    var running: [Worker] = []
    var all: [(job: String, id: String, verdict: Verdict)] = []
    while !waiting.isEmpty || !running.isEmpty {
      while running.count < Self.width, !waiting.isEmpty {
        let next = waiting.removeFirst()
        running.append(try Worker(next.job, program: program, skipping: next.skipped))
      }
      for (index, worker) in running.enumerated().reversed() where worker.poll() {
        running.remove(at: index)
        for (id, verdict) in worker.verdicts { all.append((worker.job.name, id, verdict)) }
        if let rest = worker.rest() { waiting.insert(rest, at: 0) }
        progress(worker.job.name)
      }
      usleep(20_000)
    }
    return all
  }
}
