/// The harness with one of its own parts broken.
enum HarnessMutants {
  /// The job under which they run.
  static let job = "harness"

  /// Every one; each stands as `isBroken("ID")` in PropertyTesting.
  static let all: [Mutant] = [
    ("harness-never-shrinks", "Failures are reported as they were found."),
    ("harness-shrinks-to-another-failure", "Shrinking goes over to another bug."),
    ("harness-ignores-seed", "All seeds give the same cases."),
    ("harness-ignores-coverage", "A required label need not appear."),
    ("harness-never-reuses", "Kept failures are not run again."),
    ("harness-trusts-flaky-cases", "A case that does not fail again is a failure like any other."),
    ("harness-takes-what-must-be-refused", "A command that had to be refused may be carried out."),
    ("harness-forgets-preconditions", "Commands run where they may not."),
    ("harness-forgets-states", "The explorer takes every state for new."),
    ("harness-misses-cycles", "The explorer sees no way back to an earlier state."),
    ("harness-ignores-sometimes", "What must be reached at least once need not be."),
    ("harness-ignores-fairness", "Fair steps may be left out for ever."),
    ("harness-trusts-initial-states", "Invariants are not asked about initial states."),
    ("harness-sees-no-coverage", "The fuzz engine is told nothing."),
    ("harness-ignores-fuzz-seed", "All seeds of the fuzz engine give the same run."),
    ("harness-draws-no-faults", "Simulations have no faults of messages."),
    ("harness-never-heals", "The faults of a simulation never end."),
  ].map { Mutant(id: $0.0, statement: $0.1, section: "PropertyTesting") }
}
