import EphemeralSymbolic
import Glibc
import PropertyTesting

/// Says why nothing can be done, and ends with status 2.
func refuse(_ reason: String) -> Never {
  _ = write("ephml-explore: \(reason)\n", to: "/dev/stderr")
  exit(2)
}

func run(_ arguments: Arguments) throws -> Int32 {
  var results: [TimedVerdict] = []
  print(TimedVerdict.head)
  for configuration in arguments.configurations {
    let clock = ContinuousClock()
    let begin = clock.now
    var time = Duration.zero
    let verdict = try SymbolicExploration.run(
      configuration: configuration, keepsLines: arguments.linesFolder != nil
    ) {
      time = clock.now - begin
    }
    let parts = time.components
    let seconds = Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    let result = TimedVerdict(verdict: verdict, seconds: seconds)
    results.append(result)
    print(result.row)
    fflush(nil)
    for violation in verdict.violations {
      print("\n\(violation.property)")
      if let chart = violation.chart { print(chart.text()) }
    }
    if let folder = arguments.linesFolder {
      let text = verdict.lines.map { $0 + "\n" }.joined()
      let path = "\(folder)/\(verdict.name).lines"
      if !write(text, to: path) { refuse("cannot write \(path)") }
    }
  }
  if let path = arguments.jsonFile {
    let text = "[\n" + results.map(\.json).joined(separator: ",\n") + "\n]\n"
    if !write(text, to: path) { refuse("cannot write \(path)") }
  }
  let charts = results.flatMap { $0.verdict.violations.compactMap(\.chart) }
  if let path = arguments.chartFile, let chart = charts.first {
    if !write(chart.svg(), to: path) { refuse("cannot write \(path)") }
  }
  return results.allSatisfy(\.verdict.holds) ? 0 : 1
}

do {
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
  if arguments.wantsHelp {
    print(Arguments.help)
  } else if arguments.wantsList {
    for configuration in WorldConfiguration.all {
      let note = configuration.isDeep ? "  (deep)" : ""
      print(TimedVerdict.line([configuration.name, configuration.bounds]) + note)
    }
  } else {
    exit(try run(arguments))
  }
} catch let refusal as Arguments.Refusal {
  refuse(refusal.reason)
} catch {
  refuse("\(error)")
}
