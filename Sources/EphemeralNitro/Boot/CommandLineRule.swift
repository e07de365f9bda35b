/// Why the kernel's command line is not the image's.
enum CommandLineError: Error, Equatable, CaseIterable {
  /// More than ``CommandLineRule/maximumBytes``.
  case tooLong
  /// A NUL is in it.
  case containsNUL
  /// It does not end with a line feed, as the kernel ends it.
  case unterminated
  /// It does not begin with the image's.
  case different
  /// A word follows that no machine adds.
  case unknownAddition
  /// More words follow than a machine adds.
  case tooManyAdditions

  /// One line for people; the line itself is the host's and is not repeated.
  var message: StaticString {
    switch self {
    case .tooLong: "the kernel's command line is too long"
    case .containsNUL: "the kernel's command line contains a NUL"
    case .unterminated: "the kernel's command line does not end"
    case .different: "the kernel's command line is not the image's"
    case .unknownAddition: "the kernel's command line has a word that the image's has not"
    case .tooManyAdditions: "the kernel's command line has too many additions"
    }
  }
}

/// The command-line rule (`Spec/Boot.md §4`): the measurements do not fix where the kernel ends and
/// its command line begins, so the enclave serves only under the line that its own ramdisk carries.
enum CommandLineRule {
  /// The most bytes of `/proc/cmdline`.
  static let maximumBytes = 4096
  /// The most `virtio_mmio.device=` words that a machine may add.
  static let maximumDevices = 64

  private static let space = UInt8(ascii: " ")
  private static let device = Array("virtio_mmio.device=".utf8)
  private static let clock = Array("tsc_early_khz=".utf8)

  /// Requires that `actual` is `expected` and what a machine adds.
  ///
  /// - Parameters:
  ///   - expected: the image's line, without a line feed.
  ///   - actual: the content of `/proc/cmdline`.
  static func check(expected: [UInt8], actual: [UInt8]) throws(CommandLineError) {
    guard actual.count <= maximumBytes else { throw .tooLong }
    guard !actual.contains(0) else { throw .containsNUL }
    guard actual.last == UInt8(ascii: "\n") else { throw .unterminated }
    let line = actual.dropLast()
    guard line.starts(with: expected) else { throw .different }
    let rest = line.dropFirst(expected.count)
    // A word that only begins like the image's last one is another word.
    guard rest.first == nil || rest.first == space else { throw .different }
    var devices = 0
    var clocks = 0
    for word in rest.split(separator: space) {
      if word.starts(with: device) {
        guard isDevice(word.dropFirst(device.count)) else { throw .unknownAddition }
        devices += 1
      } else if word.starts(with: clock) {
        guard isDecimal(word.dropFirst(clock.count), digits: 9) else { throw .unknownAddition }
        clocks += 1
      } else {
        throw .unknownAddition
      }
    }
    guard devices <= maximumDevices, clocks <= 1 else { throw .tooManyAdditions }
  }

  /// `SIZE@BASE:IRQ` or `SIZE@BASE:IRQ:ID`.
  private static func isDevice(_ text: ArraySlice<UInt8>) -> Bool {
    guard let at = text.firstIndex(of: UInt8(ascii: "@")) else { return false }
    var size = text[..<at]
    if let last = size.last, "KMG".utf8.contains(last) { size.removeLast() }
    let parts = text[(at + 1)...].split(
      separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard isNumber(size), parts.count == 2 || parts.count == 3 else { return false }
    return isNumber(parts[0]) && parts.dropFirst().allSatisfy { isDecimal($0, digits: 5) }
  }

  private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.starts(with: "0x".utf8) else { return isDecimal(text, digits: 19) }
    let digits = text.dropFirst(2)
    return (1...16).contains(digits.count)
      && digits.allSatisfy { byte in
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
      }
  }

  private static func isDecimal(_ text: ArraySlice<UInt8>, digits: Int) -> Bool {
    (1...digits).contains(text.count) && text.allSatisfy(isDigit)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
