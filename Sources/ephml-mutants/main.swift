import EphemeralLockstep
import Foundation

/// Writes a line to standard error.
func complain(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}

do {
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
  if arguments.wantsHelp {
    print(Arguments.help)
    exit(0)
  }
  #if Mutants
    if let child = arguments.child {
      try Child.run(child, ids: arguments.only, skipped: arguments.skipped)
      exit(0)
    }
    exit(try Program(arguments).run() ? 0 : 1)
  #else
    complain(
      "this build has no faults; run: swift run --traits Mock,Mutants ephml-mutants")
    exit(2)
  #endif
} catch {
  let problem: any Error = error
  complain("\(problem)")
  exit(problem is Finding ? 2 : 1)
}
