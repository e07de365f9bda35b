import Glibc

/// What the environment says about all checks of a process.
///
/// `EPHML_SEED` fixes the seed (decimal, or hexadecimal after `0x`); `EPHML_CASES` sets the number
/// of cases (`5000`) or multiplies each check's own (`x10`); `EPHML_REPLAY` is a token to run, and
/// nothing else, in the check whose name `EPHML_REPLAY_NAME` gives. `EPHML_FAILURES` is the folder
/// of kept failures (`off` for none), `EPHML_SUPPRESS` a list of health checks with commas between,
/// and `EPHML_STATISTICS=1` prints what each check that holds has seen.
struct CheckSettings: Sendable {
  /// How many cases to run.
  enum Cases: Equatable, Sendable {
    case asWritten
    case exactly(Int)
    case times(Int)
  }

  /// The most cases that the environment may ask of one check.
  static let maximumCases = 1_000_000_000

  var seed: UInt64?
  var cases = Cases.asWritten
  var replay: (name: String, token: String)?
  var failureFolder: String?
  var suppressed: Set<HealthCheck> = []
  var printsStatistics = false

  init(defaultFolder: String? = nil, _ variable: (String) -> String?) {
    seed = variable("EPHML_SEED").flatMap(Self.number)
    if let text = variable("EPHML_CASES") {
      if text.hasPrefix("x"), let factor = Self.count(text.dropFirst()) {
        cases = .times(factor)
      } else if let count = Self.count(text[...]) {
        cases = .exactly(count)
      }
    }
    if let name = variable("EPHML_REPLAY_NAME"), let token = variable("EPHML_REPLAY") {
      replay = (name, token)
    }
    switch variable("EPHML_FAILURES") {
    case nil: failureFolder = defaultFolder
    case "", "off": failureFolder = nil
    case .some(let path): failureFolder = path
    }
    if let names = variable("EPHML_SUPPRESS") {
      suppressed = Set(names.split(separator: ",").compactMap { HealthCheck(rawValue: String($0)) })
    }
    printsStatistics = variable("EPHML_STATISTICS") == "1"
  }

  /// The process's environment, read at each check.
  static var fromEnvironment: CheckSettings {
    // SwiftPM's own folder, which no source tree keeps under version control.
    let hasBuildFolder = unsafe access(".build", W_OK | X_OK) == 0
    return CheckSettings(defaultFolder: hasBuildFolder ? ".build/failures" : nil) { name in
      // The string is copied before anything else can change the environment.
      guard let value = unsafe getenv(name) else { return nil }
      return unsafe String(cString: value)
    }
  }

  /// How many cases a check runs that asks for `written`.
  func caseCount(_ written: Int) -> Int {
    switch cases {
    case .asWritten: return written
    case .exactly(let count): return count
    case .times(let factor):
      let (product, overflow) = written.multipliedReportingOverflow(by: factor)
      return overflow ? Self.maximumCases : min(product, Self.maximumCases)
    }
  }

  static func number(_ text: String) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }

  private static func count(_ text: Substring) -> Int? {
    guard let value = Int(text), value > 0, value <= maximumCases else { return nil }
    return value
  }
}
