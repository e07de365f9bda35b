import EphemeralLockstep
import Foundation

#if Mutants
  /// The parent: runs all mutants in children and judges the results.
  struct Program {
    /// Faults that one child runs: so many that its start costs little, so few that two run alike.
    private static let batch = 14

    let arguments: Arguments

    init(_ arguments: Arguments) { self.arguments = arguments }

    /// Whether nothing narrows the run.
    private var isWhole: Bool { arguments.only.isEmpty && arguments.oracles.isEmpty }

    /// True where the gate opens.
    func run() throws -> Bool {
      if arguments.lists {
        for mutant in Catalogue.all { print("\(mutant.id)\t\(mutant.statement)") }
        for mutant in HarnessMutants.all { print("\(mutant.id)\t\(mutant.statement)") }
        for oracle in Oracle.all { print("oracle \(oracle.name)\t\(oracle.family.rawValue)") }
        return true
      }
      let mutants = try chosen()
      let oracles = Oracle.all.filter {
        arguments.oracles.isEmpty || arguments.oracles.contains($0.name)
      }
      let pool = Pool(
        program: try FileManager.default.destinationOfSymbolicLink(
          atPath: "/proc/self/exe"))
      var results = Results()
      results.baseline = try pool.run(
        (oracles.map(\.name) + (isWhole ? [HarnessMutants.job] : []))
          .map { Job($0, [Child.baseline]) }
      ).map { ($0.job, $0.verdict) }
      guard results.baseline.allSatisfy({ $0.verdict == .survived }) else {
        return try report(results)
      }
      var jobs = oracles.flatMap { oracle in
        stride(from: 0, to: mutants.count, by: Self.batch).map { start in
          Job(
            oracle.name,
            mutants[start..<min(start + Self.batch, mutants.count)].map(\.id))
        }
      }
      if isWhole {
        for kind in ["table", "step"] {
          jobs += ProtocolTable.Role.allCases.map { Job("\(kind):\($0.rawValue)") }
        }
      }
      if isWhole { jobs.append(Job(HarnessMutants.job, HarnessMutants.all.map(\.id))) }
      let verdicts = try pool.run(jobs)
      results.faults = mutants.map { mutant in
        (
          mutant,
          verdicts.filter { $0.id == mutant.id }.map { ($0.job, $0.verdict) }
            .sorted { $0.0 < $1.0 }
        )
      }
      for kind in isWhole ? [Mutant.Kind.table, .step] : [] {
        results.mechanical[kind] = verdicts.filter { $0.job.hasPrefix("\(kind.rawValue):") }
          .map { ($0.id, $0.verdict) }
      }
      if isWhole {
        results.mechanical[.harness] = verdicts.filter { $0.job == HarnessMutants.job }
          .map { ($0.id, $0.verdict) }
      }
      if let path = arguments.modelResults { results.model = try Self.model(path) }
      return try report(results)
    }

    private func chosen() throws -> [Mutant] {
      if arguments.only.isEmpty { return Catalogue.all }
      return try arguments.only.map { id in
        guard let mutant = Catalogue.all.first(where: { $0.id == id }) else {
          throw Finding("there is no fault \(id)")
        }
        return mutant
      }
    }

    private func report(_ results: Results) throws -> Bool {
      let complaints = results.complaints(isWhole: isWhole)
      print(arguments.isJSON ? try results.json() : results.text())
      for complaint in complaints { complain(complaint) }
      return complaints.isEmpty
    }

    /// What `Spec/check --json` wrote of the model's mutants; whatever was not killed survived.
    private static func model(_ path: String) throws -> (killed: Int, survived: Int) {
      struct Results: Decodable {
        struct Mutant: Decodable { var state: String }
        var mutants: [Mutant]
      }
      let text = try Data(contentsOf: URL(filePath: path))
      let mutants = try JSONDecoder().decode(Results.self, from: text).mutants
      let killed = mutants.count { $0.state == "killed" }
      return (killed, mutants.count - killed)
    }
  }
#endif
