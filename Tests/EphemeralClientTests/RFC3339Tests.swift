import Testing

@testable import EphemeralClient

@Suite("RFC 3339 times")
struct RFC3339Tests {
  @Test(
    "Moments and their seconds",
    arguments: [
      ("1970-01-01T00:00:00Z", 0 as UInt64), ("2001-09-09T01:46:40Z", 1_000_000_000),
      ("2000-02-29T23:59:59Z", 951_868_799), ("2026-11-23T04:19:12Z", 1_795_407_552),
      ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
  func moments(text: String, seconds: UInt64) {
    #expect(RFC3339.parse(text) == seconds)
    #expect(RFC3339.text(seconds) == text)
  }

  @Test("Fractions, offsets, lower case and leap seconds")
  func forms() {
    #expect(RFC3339.parse("1996-12-19T16:39:57-08:00") == 851_042_397)
    #expect(RFC3339.parse("1996-12-20t00:39:57.52z") == 851_042_397)
    #expect(RFC3339.parse("1990-12-31T23:59:60Z") == 662_687_999)
    #expect(RFC3339.parse("1970-01-01T01:00:00+01:00") == 0)
  }

  @Test(
    "What is no moment",
    arguments: [
      "", "now", "2026-11-23", "2026-11-23T04:19:12", "2026-13-01T00:00:00Z",
      "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00Zx",
      "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "2026-1-01T00:00:00ZZ",
      "٢٠٢٦-01-01T00:00:00Z",
    ])
  func refused(text: String) { #expect(RFC3339.parse(text) == nil) }

  @Test("Every day from 1970 to 2100 follows the one before")
  func days() {
    for day in 0..<UInt64(47_500) {
      #expect(RFC3339.parse(RFC3339.text(day * 86_400 + 43_210)) == day * 86_400 + 43_210)
    }
  }
}
