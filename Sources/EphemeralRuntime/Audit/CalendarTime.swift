/// Seconds since 1970 as RFC 3339 text in UTC, and back.
public enum CalendarTime {
  private static let secondsPerDay: UInt64 = 86_400
  /// The last second of the year 9999.
  private static let maximumSeconds: UInt64 = 253_402_300_799

  /// `2026-11-23T04:17:36Z`; times beyond the year 9999 are shown as its last second.
  public static func text(_ unixSeconds: UInt64) -> String {
    let seconds = min(unixSeconds, maximumSeconds)
    let (year, month, day) = date(dayNumber: Int(seconds / secondsPerDay))
    let rest = Int(seconds % secondsPerDay)
    let padded = { (number: Int, width: Int) in
      let digits = String(number)
      return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
    return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T"
      + padded(rest / 3600, 2) + ":" + padded(rest / 60 % 60, 2) + ":" + padded(rest % 60, 2) + "Z"
  }

  /// The seconds that ``text(_:)`` writes as `text`, or nil for anything else.
  public static func seconds(_ text: String) -> UInt64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 20 else { return nil }
    let number = { (range: Range<Int>) -> Int? in
      bytes[range].allSatisfy { (0x30...0x39).contains($0) }
        ? bytes[range].reduce(0) { $0 * 10 + Int($1) - 0x30 } : nil
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
      second < 60
    else { return nil }
    let days = dayNumber(year: year, month: month, day: day)
    let seconds = UInt64(days) * secondsPerDay + UInt64(hour * 3600 + minute * 60 + second)
    return CalendarTime.text(seconds) == text ? seconds : nil
  }

  /// Days since 1970-01-01, counted over years that begin in March so that the leap day is last.
  private static func dayNumber(year: Int, month: Int, day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let monthFromMarch = (month + 9) % 12
    return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400
      + (153 * monthFromMarch + 2) / 5 + day - 1 - 719_468
  }

  private static func date(dayNumber: Int) -> (year: Int, month: Int, day: Int) {
    // The estimate is never late and at most a year early, so two steps at most.
    var year = 1970 + dayNumber / 366
    while self.dayNumber(year: year + 1, month: 1, day: 1) <= dayNumber { year += 1 }
    var month = 1
    while month < 12, self.dayNumber(year: year, month: month + 1, day: 1) <= dayNumber {
      month += 1
    }
    return (year, month, dayNumber - self.dayNumber(year: year, month: month, day: 1) + 1)
  }
}
