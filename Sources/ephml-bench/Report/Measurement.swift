import EphemeralRuntime
import Foundation

/// What one case of a bench found: numbers, and what is asked of some of them.
struct Measurement {
  /// One number under its key in JSON and its words for people.
  struct Quantity {
    let key: String
    let words: String
    let value: Double
    let unit: String
    let isWhole: Bool

    /// A number that has fractions.
    init(_ key: String, _ words: String, _ value: Double, _ unit: String = "") {
      self.key = key
      self.words = words
      self.value = value
      self.unit = unit
      isWhole = false
    }

    /// A count.
    init(_ key: String, _ words: String, count: Int, _ unit: String = "") {
      self.key = key
      self.words = words
      value = Double(count)
      self.unit = unit
      isWhole = true
    }

    var text: String {
      let number = isWhole ? String(Int(value)) : Self.short(value)
      return ([words, number] + (unit.isEmpty ? [] : [unit])).joined(separator: " ")
    }

    /// Three or four digits that count.
    static func short(_ value: Double) -> String {
      let size = abs(value)
      let digits = size >= 1_000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3
      return String(format: "%.\(digits)f", value)
    }
  }

  /// What the project asks of a number.
  struct Target {
    /// What is measured, such as `time / onnxruntime's`.
    let words: String
    let measured: Double
    /// What is asked, such as `at most 0.90`.
    let limit: String
    let isMet: Bool

    static func atMost(_ limit: Double, _ words: String, _ measured: Double, _ unit: String = "")
      -> Target
    {
      Target(
        words: words, measured: measured, limit: "at most \(Self.plain(limit, unit))",
        isMet: measured <= limit)
    }

    static func atLeast(_ limit: Double, _ words: String, _ measured: Double, _ unit: String = "")
      -> Target
    {
      Target(
        words: words, measured: measured, limit: "at least \(Self.plain(limit, unit))",
        isMet: measured >= limit)
    }

    private static func plain(_ limit: Double, _ unit: String) -> String {
      let number = limit == limit.rounded() ? String(Int(limit)) : String(limit)
      return unit.isEmpty ? number : number + " " + unit
    }

    var object: [String: Any] {
      ["name": words, "measured": measured, "limit": limit, "met": isMet]
    }

    var text: String {
      "\(isMet ? "met" : "missed"): \(words) \(Quantity.short(measured)), \(limit)"
    }
  }

  /// The command that measured.
  let bench: String
  /// Which of its cases.
  let name: String
  var quantities: [Quantity]
  var targets: [Target] = []
  /// Words beside the numbers, under their keys.
  var facts: [String: String] = [:]

  /// One JSON object.
  var object: [String: Any] {
    var object: [String: Any] = ["bench": bench, "case": name]
    for (key, value) in facts { object[key] = value }
    for quantity in quantities {
      object[quantity.key] = quantity.isWhole ? Int(quantity.value) : quantity.value
    }
    if !targets.isEmpty { object["targets"] = targets.map(\.object) }
    return object
  }

  /// One line for people, and one more for each target.
  var text: String {
    let numbers = quantities.map(\.text).joined(separator: ", ")
    return (["\(bench), \(name): \(numbers)"] + targets.map { "    " + $0.text })
      .joined(separator: "\n")
  }
}

/// Where measurements go: a line of JSON or words for each, and a table of targets at the end.
final class Report {
  private let isJSON: Bool
  /// What has been measured so far.
  private(set) var measurements: [Measurement] = []
  /// How the program ends.
  var exitCode = ExitCode.done

  init(isJSON: Bool) { self.isJSON = isJSON }

  /// Prints one measurement.
  func add(_ measurement: Measurement) {
    measurements.append(measurement)
    if isJSON {
      BenchOutput.line(measurement.object)
    } else {
      StandardStream.output(measurement.text + "\n")
    }
  }

  /// Says something that is no measurement; on standard error where JSON is read.
  func note(_ text: String) {
    if isJSON { StandardStream.error(text + "\n") } else { StandardStream.output(text + "\n") }
  }

  /// Prints all targets; returns how many are missed.
  @discardableResult
  func close() -> Int {
    let rows = measurements.flatMap { measurement in
      measurement.targets.map { (measurement, $0) }
    }
    let missed = rows.count { !$0.1.isMet }
    if isJSON {
      BenchOutput.line(["bench": "all", "case": "targets", "count": rows.count, "missed": missed])
      return missed
    }
    StandardStream.output("\nTargets: \(rows.count - missed) of \(rows.count) met\n")
    for (measurement, target) in rows {
      let cells = [
        Self.padded("\(measurement.bench), \(measurement.name)", 34), Self.padded(target.words, 40),
        Self.padded(Measurement.Quantity.short(target.measured), 9), Self.padded(target.limit, 26),
        target.isMet ? "met" : "MISSED",
      ]
      StandardStream.output("  " + cells.joined(separator: " ") + "\n")
    }
    return missed
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }
}

/// JSON on standard output.
enum BenchOutput {
  /// One object, its keys sorted, on a line of its own.
  static func line(_ object: [String: Any]) {
    guard
      let data = try? JSONSerialization.data(
        withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    else { return }
    StandardStream.output(String(decoding: data, as: UTF8.self) + "\n")
  }
}
