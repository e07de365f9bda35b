internal import EphemeralRuntime

/// The demo's words on standard output; silent for `--json`.
struct DemoPrinter {
  let isSilent: Bool
  private let style = Style()

  func heading(_ text: String) { line("\n" + style.bold(text)) }

  func line(_ text: String) {
    if !isSilent { StandardStream.output(text + "\n") }
  }

  func phase(_ phase: PhaseTime) {
    let name = Style.pad(phase.name, to: 18)
    line("  \(style.green("✓")) \(name) \(Style.milliseconds(phase.milliseconds))")
  }

  func note(_ text: String) { line("  " + style.faint(text)) }

  /// Pictures side by side, each with its answer beneath.
  func digits(_ digits: [(picture: DigitPicture, answer: Int, probability: Float)]) {
    let perRow = 4
    for start in stride(from: 0, to: digits.count, by: perRow) {
      let row = digits[start..<min(start + perRow, digits.count)]
      for index in 0..<DigitPicture.side {
        line("  " + row.map { $0.picture.rows[index] }.joined(separator: "   "))
      }
      let answers = row.map { digit in
        let permille = Int((digit.probability * 1000).rounded())
        return Style.pad("→ \(digit.answer)  \(permille / 10).\(permille % 10) %", to: 16)
      }
      line("  " + answers.joined(separator: "   ") + "\n")
    }
  }

  func dump(_ title: String, _ bytes: some Collection<UInt8>) {
    line("  " + title)
    for row in HexDump.rows(bytes) { line("    " + style.faint(row)) }
  }

  func refusal(_ words: String, _ error: String) {
    line("  \(style.red("✗")) \(Style.pad(words, to: 52)) \(style.bold(error))")
  }
}
