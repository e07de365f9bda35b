extension MeasurementPolicy {
  /// The policy file in its canonical form (`Spec/Attestation.md §5`), a line feed at its end.
  public var canonicalJSON: String {
    var members = ["  \"version\": 1"]
    let pins = measurements.map(\.canonicalJSON).joined(separator: ",\n")
    members.append("  \"measurements\": [\n\(pins)\n  ]")
    if let roots {
      let digests = roots.map { "    \"\(Hexadecimal.encode($0))\"" }.joined(separator: ",\n")
      members.append("  \"roots\": [\n\(digests)\n  ]")
    }
    if commonNames != .enforce {
      members.append("  \"commonNames\": \"\(commonNames.rawValue)\"")
    }
    if let expires { members.append("  \"expires\": \"\(UnixTime.text(expires))\"") }
    return "{\n" + members.joined(separator: ",\n") + "\n}\n"
  }
}

extension MeasurementPolicy.Pin {
  /// One object of the `measurements` array, indented by four spaces.
  fileprivate var canonicalJSON: String {
    var members: [String] = []
    for (name, value) in [("pcr0", pcr0), ("pcr1", pcr1), ("pcr2", pcr2), ("pcr8", pcr8)] {
      guard let value else { continue }
      members.append("      \"\(name)\": \"\(Hexadecimal.encode(value))\"")
    }
    return "    {\n" + members.joined(separator: ",\n") + "\n    }"
  }
}

/// Seconds since 1970 as RFC 3339 text in UTC and back, whole seconds, years 1970 to 9999.
public enum UnixTime {
  private static let secondsPerDay: UInt64 = 86_400

  /// `2026-12-31T23:59:59Z`; times after the year 9999 are given as its last second.
  public static func text(_ seconds: UInt64) -> String {
    let bounded = min(seconds, MeasurementPolicy.latestExpiry)
    let (days, second) = bounded.quotientAndRemainder(dividingBy: secondsPerDay)
    let date = civil(Int(days))
    return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2) + "T"
      + padded(Int(second) / 3600, 2) + ":" + padded(Int(second) / 60 % 60, 2) + ":"
      + padded(Int(second) % 60, 2) + "Z"
  }

  /// The seconds that `text` names, or nil unless it is exactly of the form that `text` gives.
  public static func seconds(_ text: String) -> UInt64? {
    let characters = Array(text.utf8)
    guard characters.count == 20 else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for character in characters[range] {
        guard (0x30...0x39).contains(character) else { return nil }
        value = value * 10 + Int(character - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
      second < 60
    else { return nil }
    let days = daysSince1970(year: year, month: month, day: day)
    let total = UInt64(days) * secondsPerDay + UInt64(hour * 3600 + minute * 60 + second)
    // The text of the result differs from the input where separators or the day of month are off.
    return Self.text(total) == text ? total : nil
  }

  /// Days from 1970-01-01, counting years from March so that a leap day ends its year.
  private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    var year = 1970 + days / 366
    while daysSince1970(year: year + 1, month: 1, day: 1) <= days { year += 1 }
    var month = 1
    while month < 12, daysSince1970(year: year, month: month + 1, day: 1) <= days { month += 1 }
    return (year, month, days - daysSince1970(year: year, month: month, day: 1) + 1)
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
