/// An attestation document's payload: read and bounded, but **not verified**.
///
/// The shape is `Spec/Attestation.md §3`. Nothing here may be believed before
/// ``AttestationVerifier`` has judged the document that it came from.
public struct AttestationDocument: Equatable, Sendable {
  /// The module's name: `<instance id>-enc<enclave id>`; letters, digits and hyphens only.
  public let moduleID: String
  /// When the document was made, in milliseconds since 1970.
  public let timestampMilliseconds: UInt64
  /// The locked platform configuration registers by index, 48 bytes each.
  public let measurements: [UInt8: [UInt8]]
  /// The leaf certificate, DER.
  public let certificate: [UInt8]
  /// The authorities from the root down, DER.
  public let authorities: [[UInt8]]
  /// The caller's key, empty where the document has none.
  public let publicKey: [UInt8]
  /// The caller's data, empty where the document has none.
  public let userData: [UInt8]
  /// The caller's challenge, empty where the document has none.
  public let nonce: [UInt8]

  /// The id of the instance that hosts the enclave: the module id before its last `-enc`.
  public var instanceID: String? {
    let characters = Array(moduleID.utf8)
    let marker = Array("-enc".utf8)
    guard characters.count > marker.count else { return nil }
    var start = characters.count - marker.count
    while start > 0 {
      if characters[start..<(start + marker.count)].elementsEqual(marker) {
        return String(decoding: characters[..<start], as: UTF8.self)
      }
      start -= 1
    }
    return nil
  }
}
