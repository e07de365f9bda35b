/// A small check that a text is one well-formed XML element, for the subset that charts use.
enum TagBalance {
  /// What is wrong; nil for a well-formed text.
  static func problem(in text: String) -> String? {
    var open: [String] = []
    var roots = 0
    var rest = Substring(text)
    while let sign = rest.first {
      if sign == "<" {
        guard let end = rest.firstIndex(of: ">") else { return "a tag without end" }
        let tag = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        if tag.hasPrefix("/") {
          guard open.popLast() == String(tag.dropFirst()) else { return "closes \(tag)" }
          continue
        }
        let isClosed = tag.hasSuffix("/")
        let body = isClosed ? tag.dropLast() : tag
        let name = body.prefix { $0 != " " }
        guard !name.isEmpty, name.allSatisfy(\.isLetter) else { return "name \(name)" }
        if let problem = attributes(body.dropFirst(name.count)) { return problem }
        if open.isEmpty { roots += 1 }
        if !isClosed { open.append(String(name)) }
      } else {
        let piece = rest.prefix { $0 != "<" }
        rest = rest[piece.endIndex...]
        if let problem = characters(piece) { return problem }
        if open.isEmpty && !piece.allSatisfy(\.isWhitespace) { return "text outside" }
      }
    }
    if !open.isEmpty { return "open: \(open)" }
    return roots == 1 ? nil : "\(roots) roots"
  }

  private static func attributes(_ text: Substring) -> String? {
    var rest = text
    while true {
      rest = rest.drop { $0 == " " }
      guard !rest.isEmpty else { return nil }
      let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == ":" }
      guard !name.isEmpty, rest.dropFirst(name.count).hasPrefix("=\"") else {
        return "attribute \(rest)"
      }
      rest = rest.dropFirst(name.count + 2)
      guard let end = rest.firstIndex(of: "\"") else { return "value of \(name)" }
      let value = rest[..<end]
      guard !value.contains("<") else { return "a bracket in \(name)" }
      if let problem = characters(value) { return problem }
      rest = rest[rest.index(after: end)...]
    }
  }

  private static func characters(_ text: Substring) -> String? {
    for scalar in text.unicodeScalars where scalar.value < 32 && scalar != "\n" {
      return "control character \(scalar.value)"
    }
    for piece in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
      let isKnown = ["amp;", "lt;", "gt;", "quot;", "#39;"].contains { piece.hasPrefix($0) }
      guard isKnown else { return "entity &\(piece.prefix(8))" }
    }
    return nil
  }
}
