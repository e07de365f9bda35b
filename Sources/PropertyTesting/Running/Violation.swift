/// A requirement of a property that did not hold.
public struct Violation: Error, Sendable, CustomStringConvertible {
  /// What should have held.
  public let message: String
  /// The requirement's file.
  public let fileID: StaticString
  /// The requirement's line.
  public let line: UInt
  /// What tells failures of one requirement apart, so that shrinking does not take one for another.
  let distinction: String

  /// A violation of a requirement at a place.
  public init(message: String, fileID: StaticString = #fileID, line: UInt = #line) {
    self.init(message: message, distinction: "", fileID: fileID, line: line)
  }

  init(
    message: String, distinction: String, fileID: StaticString = #fileID, line: UInt = #line
  ) {
    self.message = message
    self.fileID = fileID
    self.line = line
    self.distinction = distinction
  }

  /// What tells one bug from another.
  var kind: String { "\(fileID):\(line)" + (distinction.isEmpty ? "" : " " + distinction) }

  /// Message and place.
  public var description: String { "\(message) (\(fileID):\(line))" }
}
