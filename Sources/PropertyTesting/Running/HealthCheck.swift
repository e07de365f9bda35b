/// Signs that a check does not test what it seems to test.
///
/// A check with such a sign fails, unless the check's options or `EPHML_SUPPRESS` name it.
public enum HealthCheck: String, CaseIterable, Sendable {
  /// Far more cases miss the property's assumptions than meet them.
  case tooManyDiscards
  /// Many cases draw more than one case may.
  case casesTooLarge
  /// The average case draws so many choices that few cases will ever run.
  case tooSlow
  /// All cases are the same one.
  case alwaysTheSame
  /// A case that failed holds when it runs again.
  case notDeterministic

  /// Cases that may be discarded for each one that holds.
  static let maximumDiscardsPerCase = 10
  /// Cases that hold before sameness is a sign.
  static let casesBeforeSameness = 100
  /// Choices of an average case.
  static let maximumMeanChoices = 20_000
  /// Cases whose share of discards, overruns and choices each check begins with.
  static let headStart = 20

  /// What to do about it.
  var advice: String {
    switch self {
    case .tooManyDiscards:
      "draw values that fit instead of sorting out those that do not"
    case .casesTooLarge:
      "bound the generator's lists and its depth; a case may draw "
        + "\(ChoiceSource.maximumChoices) choices and \(ChoiceSource.maximumBytes) bytes"
    case .tooSlow:
      "draw smaller cases, or draw bytes in one piece"
    case .alwaysTheSame:
      "the generator has no choice; a plain test would do"
    case .notDeterministic:
      "the property depends on more than its draws: a clock, a global, the order of a Set"
    }
  }

  /// The check's name and what to do about it.
  func text(_ what: String) -> String {
    "\(what): \(advice); \"\(rawValue)\" can be suppressed"
  }
}
