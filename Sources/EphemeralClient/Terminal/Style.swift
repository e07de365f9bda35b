internal import EphemeralRuntime

/// Colours, where a person watches standard output.
struct Style {
  private let isColoured: Bool

  init() { isColoured = StandardStream.outputIsTerminal }

  func bold(_ text: String) -> String { wrap(text, "1") }
  func faint(_ text: String) -> String { wrap(text, "2") }
  func green(_ text: String) -> String { wrap(text, "32") }
  func red(_ text: String) -> String { wrap(text, "31") }
  func yellow(_ text: String) -> String { wrap(text, "33") }

  private func wrap(_ text: String, _ code: String) -> String {
    isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }

  /// A text with spaces to a width of `count` characters.
  static func pad(_ text: String, to count: Int) -> String {
    text + String(repeating: " ", count: max(0, count - text.count))
  }

  /// `12.3 ms`, `1.20 s`.
  static func milliseconds(_ value: Double) -> String {
    if value >= 1000 { return "\((value / 10).rounded() / 100) s" }
    return "\((value * 10).rounded() / 10) ms"
  }
}
