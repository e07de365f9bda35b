import EphemeralAttestation

/// What an audit log may say happened: a closed list.
public enum LoggedEvent: String, CaseIterable, Sendable {
  /// The process began to serve.
  case started
  /// The process ended in order.
  case stopped
  /// A last line that a crash had cut short was taken off.
  case logRepaired
  /// A connection came that no session could be given to.
  case sessionRefused
  /// Evidence was asked for.
  case evidenceAsked
  /// The client accepted the evidence.
  case evidenceAccepted
  /// The client refused the evidence.
  case evidenceRefused
  /// Both sides hold the same keys.
  case keysConfirmed
  /// The topology was parsed and every operator is supported.
  case topologyAccepted
  /// The topology was refused.
  case topologyRefused
  /// All chunks opened and the digest matched.
  case assembled
  /// One input was inferred.
  case inferred
  /// Everything of a session was overwritten.
  case wiped
  /// A session ended with an error, named by `code`.
  case aborted
  /// A session ended in order.
  case closed
  /// A session's sealed blob was kept for others.
  case blobKept
  /// A session took its sealed blob from those that are kept, and fetched nothing.
  case blobReused
  /// A kept blob went: for want of room, or because its bytes were not its own any more.
  case blobEvicted
  /// A weight blob was stored.
  case blobStored
  /// A weight blob was not stored, for the reason in `code`.
  case blobRefused
  /// A weight blob was handed to an enclave.
  case blobServed
  /// A record of the enclave's own log, kept for it by the host.
  case enclaveRecord
}

/// Whose log it is.
public enum AuditRole: String, CaseIterable, Sendable {
  /// The untrusted side.
  case host
  /// The measured side.
  case enclave
}

/// One line of an audit log: JSON with these keys in this order, those without a value left out.
///
/// No secrets and no plaintext sizes: an event, a session id, a blob's name, an error's name.
public struct AuditRecord: Equatable, Sendable {
  /// The bytes of a line at most, its newline not counted.
  public static let maximumLineBytes = 8192
  /// The bytes of a line that does not carry another one.
  public static let maximumPlainBytes = 1024

  /// Counts from 0 in each log.
  public var sequence: UInt64
  /// Seconds since 1970.
  public var unixSeconds: UInt64
  /// Whose log it is.
  public var role: AuditRole
  /// What happened.
  public var event: LoggedEvent
  /// 16 bytes, if it happened in a session.
  public var session: [UInt8]?
  /// 32 bytes, if it concerns a blob.
  public var blob: [UInt8]?
  /// The name of an error: letters only.
  public var code: String?
  /// Another log's line, without its newline.
  public var record: String?
  /// SHA-256 of the line before without its newline; zeros on the first line.
  public var previous: [UInt8]

  /// The line, without its newline.
  public func line() -> String {
    var text = "{\"sequence\":\(sequence),\"time\":\"\(UnixTime.text(unixSeconds))\""
    text += ",\"role\":\"\(role.rawValue)\",\"event\":\"\(event.rawValue)\""
    if let session { text += ",\"session\":\"\(Hexadecimal.encode(session))\"" }
    if let blob { text += ",\"blob\":\"\(Hexadecimal.encode(blob))\"" }
    if let code { text += ",\"code\":\"\(code)\"" }
    if let record {
      // A record holds no backslash and no control character, so quotes are all there is to escape.
      let escaped = record.utf8.flatMap { $0 == 0x22 ? [0x5c, 0x22] : [$0] }
      text += ",\"record\":\"\(String(decoding: escaped, as: UTF8.self))\""
    }
    return text + ",\"previous\":\"\(Hexadecimal.encode(previous))\"}"
  }
}

extension AuditRecord {
  /// Reads a line, refusing whatever ``line()`` would not have written byte for byte.
  public init?(line: [UInt8]) {
    self.init(line: line, allowsNesting: true)
  }

  private init?(line: [UInt8], allowsNesting: Bool) {
    let maximum = allowsNesting ? Self.maximumLineBytes : Self.maximumPlainBytes
    guard line.count <= maximum, line.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }),
      var fields = AuditFields(line),
      let sequence = fields.number("sequence"), let time = fields.text("time"),
      let seconds = UnixTime.seconds(time),
      let role = fields.text("role").flatMap(AuditRole.init(rawValue:)),
      let event = fields.text("event").flatMap(LoggedEvent.init(rawValue:))
    else { return nil }
    let session = fields.text("session")
    let blob = fields.text("blob")
    let code = fields.text("code")
    let record = fields.text("record")
    guard let previous = fields.text("previous").flatMap(Hexadecimal.decode), previous.count == 32,
      fields.isEmpty
    else { return nil }
    self.init(
      sequence: sequence, unixSeconds: seconds, role: role, event: event,
      session: session.flatMap(Hexadecimal.decode), blob: blob.flatMap(Hexadecimal.decode),
      code: code, record: record, previous: previous)
    guard self.session.map({ $0.count == 16 }) ?? true, self.blob.map({ $0.count == 32 }) ?? true,
      code.map({ $0.utf8.count <= 64 && $0.utf8.allSatisfy(Self.isLetter) }) ?? true,
      record.map({ allowsNesting && Self(line: Array($0.utf8), allowsNesting: false) != nil })
        ?? true,
      (record != nil) == (event == .enclaveRecord),
      Array(self.line().utf8) == line
    else { return nil }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}

/// The keys and values of a flat JSON object, taken out in order.
private struct AuditFields {
  private var pairs: [(key: String, value: String, isText: Bool)] = []
  private var next = 0

  var isEmpty: Bool { next == pairs.count }

  init?(_ line: [UInt8]) {
    guard line.first == 0x7b, line.last == 0x7d else { return nil }
    var position = 1
    while true {
      guard let key = AuditFields.quoted(line, &position), position < line.count,
        line[position] == 0x3a, pairs.count < 9
      else { return nil }
      position += 1
      if position < line.count, line[position] == 0x22 {
        guard let value = AuditFields.quoted(line, &position) else { return nil }
        pairs.append((key, value, true))
      } else {
        let start = position
        while position < line.count, (0x30...0x39).contains(line[position]) { position += 1 }
        pairs.append((key, String(decoding: line[start..<position], as: UTF8.self), false))
      }
      guard position < line.count else { return nil }
      if position == line.count - 1 { return }
      guard line[position] == 0x2c else { return nil }
      position += 1
    }
  }

  mutating func text(_ key: String) -> String? { take(key, isText: true) }

  mutating func number(_ key: String) -> UInt64? { take(key, isText: false).flatMap { UInt64($0) } }

  private mutating func take(_ key: String, isText: Bool) -> String? {
    guard next < pairs.count, pairs[next].key == key, pairs[next].isText == isText else {
      return nil
    }
    next += 1
    return pairs[next - 1].value
  }

  private static func quoted(_ line: [UInt8], _ position: inout Int) -> String? {
    guard position < line.count, line[position] == 0x22 else { return nil }
    position += 1
    var bytes: [UInt8] = []
    while position < line.count {
      let byte = line[position]
      position += 1
      if byte == 0x22 { return String(decoding: bytes, as: UTF8.self) }
      if byte == 0x5c {
        guard position < line.count, line[position] == 0x22 else { return nil }
        bytes.append(0x22)
        position += 1
      } else {
        bytes.append(byte)
      }
    }
    return nil
  }
}
