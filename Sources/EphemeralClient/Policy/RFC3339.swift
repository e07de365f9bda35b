/// Moments as RFC 3339 texts and seconds since 1970, without calendars or time zones of the system.
public enum RFC3339 {
  /// Seconds since 1970-01-01T00:00:00Z of a text such as `2026-01-31T12:00:00Z`, with an optional
  /// fraction (dropped) and `Z` or an offset; nil if it is no such moment.
  ///
  /// RFC 3339 §5.6. Years 1970 to 9999; a leap second (`:60`) counts as the second before it.
  public static func parse(_ text: String) -> UInt64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.count <= 64 else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      return value
    }
    let separators: [(Int, [Character])] = [
      (4, ["-"]), (7, ["-"]), (10, ["T", "t", " "]), (13, [":"]), (16, [":"]),
    ]
    for (at, allowed) in separators {
      guard allowed.contains(Character(Unicode.Scalar(bytes[at]))) else { return nil }
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      year >= 1970, (1...12).contains(month), (1...length(month: month, year: year)).contains(day),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    var at = 19
    if bytes[at] == UInt8(ascii: ".") {
      let start = at + 1
      at = start
      while at < bytes.count, number(at..<at + 1) != nil { at += 1 }
      guard at > start else { return nil }
    }
    var offset = 0
    guard at < bytes.count else { return nil }
    switch bytes[at] {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"):
      guard at + 1 == bytes.count else { return nil }
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      guard at + 6 == bytes.count, bytes[at + 3] == UInt8(ascii: ":"),
        let hours = number(at + 1..<at + 3), let minutes = number(at + 4..<at + 6),
        hours < 24, minutes < 60
      else { return nil }
      offset = (hours * 60 + minutes) * 60 * (bytes[at] == UInt8(ascii: "-") ? -1 : 1)
    default: return nil
    }
    let days = days(year: year, month: month, day: day)
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + min(second, 59) - offset
    return seconds >= 0 ? UInt64(seconds) : nil
  }

  /// The text of a moment in UTC, to the second; years beyond 9999 as bare seconds.
  public static func text(_ unixSeconds: UInt64) -> String {
    guard unixSeconds < 253_402_300_800 else { return "\(unixSeconds) s" }
    var rest = Int(unixSeconds / 86_400)
    var year = 1970
    while rest >= (isLeap(year) ? 366 : 365) {
      rest -= isLeap(year) ? 366 : 365
      year += 1
    }
    var month = 1
    while rest >= length(month: month, year: year) {
      rest -= length(month: month, year: year)
      month += 1
    }
    let second = Int(unixSeconds % 86_400)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(year)-\(two(month))-\(two(rest + 1))T"
      + "\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
  }

  private static func isLeap(_ year: Int) -> Bool {
    year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
  }

  private static func length(month: Int, year: Int) -> Int {
    month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  private static func days(year: Int, month: Int, day: Int) -> Int {
    var days = day - 1
    for earlier in 1970..<year { days += isLeap(earlier) ? 366 : 365 }
    for earlier in 1..<month { days += length(month: earlier, year: year) }
    return days
  }
}
