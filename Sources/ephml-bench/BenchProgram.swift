import EphemeralRuntime
import Foundation

/// `ephml-bench`: measures the engine and holds it against others' tests.
enum BenchProgram {
  /// What the program understands.
  static let specification = ProgramSpecification(
    name: "ephml-bench", summary: "measure the engine and hold it against ONNX's own tests",
    commands: [
      GemmCommand.specification, ModelCommand.specification, ConformanceCommand.specification,
      ConformanceWorker.specification,
    ])

  /// Runs the program to its end.
  static func main() -> Never {
    ProcessGuards.ignoreBrokenPipes()
    let command = CommandLineParser(specification).parseOrExit()
    do {
      switch command.name {
      case GemmCommand.specification.name: exit(try GemmCommand(command).run().rawValue)
      case ModelCommand.specification.name: exit(try ModelCommand(command).run().rawValue)
      case ConformanceCommand.specification.name:
        exit(try ConformanceCommand(command).run().rawValue)
      default: exit(try ConformanceWorker(command).run().rawValue)
      }
    } catch let error as UsageError {
      CommandLineParser.exit(error, program: specification.name)
    } catch {
      StandardStream.error("\(specification.name): \(error)\n")
      exit(ExitCode.failed.rawValue)
    }
  }
}
