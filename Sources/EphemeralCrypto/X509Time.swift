/// Moments as certificates write them (RFC 5280 §4.1.2.5), in seconds since 1970.
enum X509Time {
  /// The years 1 to 9999, which are what a certificate can write.
  static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// Reads UTCTime `yymmddhhmmssZ` or GeneralizedTime `yyyymmddhhmmssZ`.
  static func read(_ reader: inout DERReader) throws(X509Error) -> Int64 {
    let (tag, content) = try reader.nextOfAnyTag()
    let text = reader.bytes[content]
    let yearDigits: Int
    switch tag {
    case .utcTime: yearDigits = 2
    case .generalizedTime: yearDigits = 4
    default: throw .invalidTime
    }
    guard text.count == yearDigits + 11, text.last == UInt8(ascii: "Z") else { throw .invalidTime }
    var numbers: [Int64] = []
    var index = text.startIndex
    for width in [yearDigits, 2, 2, 2, 2, 2] {
      var number: Int64 = 0
      for byte in text[index..<(index + width)] {
        guard (0x30...0x39).contains(byte) else { throw .invalidTime }
        number = number * 10 + Int64(byte - 0x30)
      }
      numbers.append(number)
      index += width
    }
    var year = numbers[0]
    if tag == .utcTime {
      year += year < 50 ? 2000 : 1900
    } else if (1950..<2050).contains(year) {
      throw .invalidTime
    }
    guard year >= 1, (1...12).contains(numbers[1]),
      (1...days(inMonth: numbers[1], of: year)).contains(numbers[2]),
      numbers[3] < 24, numbers[4] < 60, numbers[5] < 60
    else { throw .invalidTime }
    let day = days(beforeYear: year) + days(beforeMonth: numbers[1], of: year) + numbers[2] - 1
    return (day - days(beforeYear: 1970)) * 86_400
      + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
  }

  /// The element for a moment; errors: invalidTime outside `range`.
  static func write(_ seconds: Int64) throws(X509Error) -> [UInt8] {
    guard range.contains(seconds) else { throw .invalidTime }
    let total = seconds - range.lowerBound
    let (day, second) = (total / 86_400, total % 86_400)
    // No year is longer than 366 days, so this is never too late; a few steps make it exact.
    var year = day / 366 + 1
    while days(beforeYear: year + 1) <= day { year += 1 }
    var rest = day - days(beforeYear: year)
    var month: Int64 = 1
    while rest >= days(inMonth: month, of: year) {
      rest -= days(inMonth: month, of: year)
      month += 1
    }
    let isShort = (1950..<2050).contains(year)
    var text = isShort ? digits(year % 100, 2) : digits(year, 4)
    for number in [month, rest + 1, second / 3600, second / 60 % 60, second % 60] {
      text += digits(number, 2)
    }
    return DERWriter.element(
      isShort ? .utcTime : .generalizedTime, text + [UInt8(ascii: "Z")])
  }

  private static func digits(_ number: Int64, _ width: Int) -> [UInt8] {
    var text = [UInt8](repeating: 0x30, count: width)
    var rest = number
    for index in text.indices.reversed() {
      text[index] += UInt8(rest % 10)
      rest /= 10
    }
    return text
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// Days from 1 January of the year 1 to 1 January of the given year.
  private static func days(beforeYear year: Int64) -> Int64 {
    let whole = year - 1
    return whole * 365 + whole / 4 - whole / 100 + whole / 400
  }

  private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func days(beforeMonth month: Int64, of year: Int64) -> Int64 {
    (1..<month).reduce(0) { $0 + days(inMonth: $1, of: year) }
  }
}
