import EphemeralSymbolic
import Glibc

for name in CommandLine.arguments.dropFirst() {
  guard let configuration = WorldConfiguration.named(name) else { exit(2) }
  let clock = ContinuousClock()
  let begin = clock.now
  let verdict = try SymbolicExploration.run(configuration: configuration, keepsLines: true)
  let time = clock.now - begin
  print(verdict.name, verdict.bounds, verdict.isComplete, verdict.states, verdict.transitions, verdict.depth, verdict.figures.states, verdict.figures.digestText, time, verdict.violations)
  if let file = unsafe fopen("/tmp/brief/swift-\(name).lines", "w") {
    for line in verdict.lines { unsafe fputs(line + "\n", file) }
    unsafe fclose(file)
  }
}
