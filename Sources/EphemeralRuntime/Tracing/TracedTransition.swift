/// One transition of a session machine as a trace tells it; nothing in it is secret.
public struct TracedTransition: Equatable, Sendable {
  /// Whose machine it was.
  public enum Role: String, Equatable, Sendable, CaseIterable {
    case client, host, enclave
  }

  /// A claim that the row makes, with the digests over which the roles must agree.
  public struct Claim: Equatable, Sendable {
    /// The claim's name in `Spec/Tables/common.table`.
    public let name: String
    /// The number of the inference, where the claim is about one.
    public let number: UInt64?
    /// What the claim is about, by name: 32 hexadecimal digits each.
    public let digests: [Digest]
  }

  /// A value by name.
  public struct Digest: Equatable, Sendable {
    /// What it is a digest of.
    public let name: String
    /// 32 lower-case hexadecimal digits.
    public let value: String
  }

  /// The run of this machine: 16 hexadecimal digits, drawn by the role itself.
  public let session: String
  /// The transition's number in its run, from 0.
  public let sequence: UInt64
  /// Whose machine it was.
  public let role: Role
  /// The row's identifier in the table.
  public let row: String
  /// The digest of the ClientHello of this run, once one has passed.
  public let hello: String?
  /// The frame that arrived: its type, a colon and its digest; the host names the side before.
  public let received: String?
  /// The frames that leave, in order, written like ``received``.
  public let sent: [String]
  /// What the row claims.
  public let claims: [Claim]
  /// The secrets that the machine destroyed, in the order of the tables.
  public let wiped: [String]

  /// The transition as one line of JSON, without the newline.
  public var line: String {
    var digests: [String] = []
    if let hello { digests.append("\"hello\":\"\(hello)\"") }
    if let received { digests.append("\"in\":\"\(received)\"") }
    if !sent.isEmpty { digests.append("\"out\":\(Self.array(sent))") }
    if !claims.isEmpty {
      digests.append("\"claims\":{" + claims.map(\.member).joined(separator: ",") + "}")
    }
    return "{\"session\":\"\(session)\",\"sequence\":\(sequence),\"role\":\"\(role.rawValue)\","
      + "\"row\":\"\(row)\",\"digests\":{\(digests.joined(separator: ","))},"
      + "\"wiped\":\(Self.array(wiped))}"
  }

  private static func array(_ words: [String]) -> String {
    "[" + words.map { "\"\($0)\"" }.joined(separator: ",") + "]"
  }
}

extension TracedTransition.Claim {
  /// The claim as a member of a JSON object.
  fileprivate var member: String {
    var members = number.map { ["\"number\":\($0)"] } ?? []
    members += digests.map { "\"\($0.name)\":\"\($0.value)\"" }
    return "\"\(name)\":{" + members.joined(separator: ",") + "}"
  }
}
