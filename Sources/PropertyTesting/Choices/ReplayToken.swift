/// The way of one shrinking: where it began, and which of its attempts were better.
struct ReplayPath: Equatable, Sendable {
  /// The seed of the first failing case.
  let seed: UInt64
  /// The numbers of the attempts that were kept, ascending from 1.
  let steps: [Int]
}

/// A case as text, short enough to copy from a report.
///
/// `p1.0.2s.:deadbeef` holds the choices themselves: numbers in base 36, byte strings as a colon and
/// hexadecimal digits. It keeps its meaning while the generators keep theirs. `s1.2k9q.5.1.1` holds
/// the seed of the first failing case and how many attempts lay between those that shrinking kept:
/// it is short also where the case is large, and it repeats the shrinking without its misses, but it
/// dies with the next change of generators or shrinker. A way that leads nowhere any more is left
/// where it breaks off, and shrinking looks for another.
enum ReplayToken: Equatable, Sendable {
  case choices([Choice])
  case path(ReplayPath)

  private static let choicesVersion = "p1"
  private static let pathVersion = "s1"
  /// The most characters of a token.
  static let maximumCharacters = 14 * ChoiceSource.maximumChoices + 2 * ChoiceSource.maximumBytes

  /// Reads a token; nil where the text is none.
  init?(_ text: String) {
    guard text.utf8.count <= Self.maximumCharacters else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    switch parts.first {
    case .some(Self.choicesVersion[...]):
      guard let choices = Self.choices(of: parts.dropFirst()) else { return nil }
      self = .choices(choices)
    case .some(Self.pathVersion[...]):
      guard let path = Self.path(of: parts.dropFirst()) else { return nil }
      self = .path(path)
    default: return nil
    }
  }

  /// The token of a case's choices.
  static func text(of choices: [Choice]) -> String { ReplayToken.choices(choices).text }

  /// The choices of a token that holds choices; nil for any other text.
  static func choices(of text: String) -> [Choice]? {
    if case .choices(let choices) = ReplayToken(text) { return choices }
    return nil
  }

  /// The token's text.
  var text: String {
    var parts: [String]
    switch self {
    case .choices(let choices):
      parts = [Self.choicesVersion]
      for choice in choices {
        switch choice {
        case .integer(let value, _): parts.append(String(value, radix: 36))
        case .bytes(let bytes, _):
          parts.append(":" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        }
      }
    case .path(let path):
      parts = [Self.pathVersion, String(path.seed, radix: 36)]
      var last = 0
      for step in path.steps {
        parts.append(String(step - last, radix: 36))
        last = step
      }
    }
    return parts.joined(separator: ".")
  }

  private static func choices(of parts: ArraySlice<Substring>) -> [Choice]? {
    guard parts.count <= ChoiceSource.maximumChoices else { return nil }
    var choices: [Choice] = []
    var byteCount = 0
    for part in parts {
      if part.first == ":" {
        guard let bytes = bytes(of: part.dropFirst()) else { return nil }
        byteCount += bytes.count
        guard byteCount <= ChoiceSource.maximumBytes else { return nil }
        choices.append(.bytes(bytes, maximumCount: bytes.count))
      } else if let value = number(part) {
        choices.append(.integer(value, maximum: value))
      } else {
        return nil
      }
    }
    return choices
  }

  private static func path(of parts: ArraySlice<Substring>) -> ReplayPath? {
    guard let first = parts.first, let seed = number(first),
      parts.count <= Shrinker.maximumRuns + 1
    else { return nil }
    var steps: [Int] = []
    var last = 0
    for part in parts.dropFirst() {
      guard let gap = number(part), gap > 0, gap <= UInt64(Shrinker.maximumRuns - last) else {
        return nil
      }
      last += Int(gap)
      steps.append(last)
    }
    return ReplayPath(seed: seed, steps: steps)
  }

  private static func number(_ part: Substring) -> UInt64? {
    part.first == "+" ? nil : UInt64(part, radix: 36)
  }

  private static func bytes(of digits: Substring) -> [UInt8]? {
    let values = digits.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard values.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: values.count, by: 2) {
      guard let high = values[index], let low = values[index + 1] else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }
}
