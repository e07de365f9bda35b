import EphemeralClient
import EphemeralRuntime
import Foundation

/// `ephml-bench`: measures the engine and holds it against others' tests.
enum BenchProgram {
  /// The benches, in the order of the help.
  static let benches: [any BenchCommand.Type] = [
    GemmBench.self, OperatorsBench.self, ModelBench.self, AssemblyBench.self, WipeBench.self,
    HandshakeBench.self,
    RecordsBench.self, EndToEndBench.self, ColdBench.self, SessionsBench.self, MemoryBench.self,
    AllBench.self,
  ]

  /// What the program understands.
  static let specification = ProgramSpecification(
    name: "ephml-bench", summary: "measure everything and hold the engine against ONNX's own tests",
    commands: benches.map { $0.specification }
      + [ConformanceCommand.specification, ConformanceWorker.specification])

  /// Runs the program to its end.
  static func main() -> Never {
    ProcessGuards.ignoreBrokenPipes()
    let words = withCommand(CommandLine.arguments)
    let command = CommandLineParser(specification).parseOrExit(words)
    do {
      if let bench = benches.first(where: { $0.specification.name == command.name }) {
        ChildRegistry.shared.watchSignals()
        let report = Report(isJSON: command.has("--json"))
        try bench.init(command).run(report)
        exit(report.exitCode.rawValue)
      }
      if command.name == ConformanceCommand.specification.name {
        exit(try ConformanceCommand(command).run().rawValue)
      }
      exit(try ConformanceWorker(command).run().rawValue)
    } catch let error as UsageError {
      CommandLineParser.exit(error, program: specification.name)
    } catch let error as ClientFailure {
      StandardStream.error("\(specification.name): \(error.message)\n")
      exit(error.exitCode.rawValue)
    } catch let error as ClientDriverError {
      StandardStream.error("\(specification.name): \(error.message)\n")
      exit(error.exitCode.rawValue)
    } catch {
      StandardStream.error("\(specification.name): \(error)\n")
      exit(ExitCode.failed.rawValue)
    }
  }

  /// Options without a command are meant for `all`.
  static func withCommand(_ arguments: [String]) -> [String] {
    guard arguments.count > 1, arguments[1].hasPrefix("--"), arguments[1] != "--help" else {
      return arguments
    }
    return [arguments[0], AllBench.specification.name] + arguments.dropFirst()
  }
}
