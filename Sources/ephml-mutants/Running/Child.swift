import EphemeralLockstep
import FaultPoints
import Glibc

#if Mutants
  /// The part of the program that is wrong on purpose: it runs mutants one after the other and
  /// writes a line before and after each.
  enum Child {
    /// The name of the product without a fault.
    static let baseline = "none"

    /// Runs mutants of one job; `skipped` of them were run by an earlier child.
    static func run(_ job: String, ids: [String], skipped: Int) throws {
      if let oracle = Oracle.named(job) {
        _ = World.shared
        return run(ids) { try oracle.run() }
      }
      if job == HarnessMutants.job { return run(ids) { try HarnessOracle.run() } }
      let parts = job.split(separator: ":")
      guard parts.count == 2, let role = ProtocolTable.Role(rawValue: String(parts[1])) else {
        throw Finding("there is no job \(job)")
      }
      let table = try ProtocolTable(role)
      switch parts[0] {
      case "table":
        for mutant in TableMutant.all(of: table).dropFirst(skipped) {
          judge(mutant.id) { mutant.finding(table) }
        }
      case "step":
        for mutant in StepMutant.all(of: table).dropFirst(skipped) {
          judge(mutant.id) { mutant.finding(table) }
        }
      default: throw Finding("there is no job \(job)")
      }
    }

    private static func run(_ ids: [String], _ oracle: () throws -> Void) {
      for id in ids {
        judge(id) {
          plant(id == baseline ? "" : id)
          do {
            try oracle()
            return nil
          } catch {
            return "\(error)"
          }
        }
      }
    }

    private static func judge(_ id: String, _ finding: () -> String?) {
      defer {
        plant("")
        plant(StepMutation?.none)
      }
      write(ReportLine("begin", id))
      if let text = finding() {
        write(ReportLine("killed", id, text))
      } else {
        write(ReportLine(wasFaultReached || id == baseline ? "survived" : "unreached", id))
      }
    }

    private static func write(_ line: ReportLine) {
      print(line.encoded)
      fflush(nil)
    }
  }
#endif
