package import EphemeralAttestation
package import EphemeralCrypto
import EphemeralWire

/// A chain and document of our own making, sound until a test bends one property.
package struct CustomChain {
  /// A sound chain, but for what is said here.
  package init(
    names: [String] = sound, bend: @escaping (Int, inout X509Builder) -> Void = { _, _ in },
    wronglySigned: Int? = nil, measuredInstance: String = instance, moduleID: String = module,
    expectation: AttestationExpectation? = nil, isDebug: Bool = false, isForged: Bool = false
  ) {
    self.names = names
    self.bend = bend
    self.wronglySigned = wronglySigned
    self.measuredInstance = measuredInstance
    self.moduleID = moduleID
    self.expectation = expectation
    self.isDebug = isDebug
    self.isForged = isForged
  }

  /// 2026-11-23 04:00:00 UTC, in seconds since 1970.
  package static let now: Int64 = 1_795_406_400
  package static let instance = "i-0123456789abcdef0"
  package static let module = instance + "-enc0123456789abcdef"

  /// The common names of a sound chain.
  package static let sound = [
    "root", "region", "zone", instance + ".test.nitro-enclaves", module + ".test.aws",
  ]

  /// The common names from the root to the leaf.
  package var names: [String]
  /// Where a certificate is to be changed before it is signed.
  package var bend: (Int, inout X509Builder) -> Void
  /// Which certificates are signed with a key that is not their issuer's.
  package var wronglySigned: Int?
  /// PCR4's measured text.
  package var measuredInstance: String
  /// The module id of the document.
  package var moduleID: String
  /// What the document says of the session.
  package var expectation: AttestationExpectation?
  /// Whether PCR0 to PCR2 are zero, as in debug mode.
  package var isDebug: Bool
  /// Whether another key than the leaf's signs the document.
  package var isForged: Bool

  /// The document's bytes and the root's digest.
  package func make() throws -> (document: [UInt8], root: [UInt8]) {
    var keys: [TestKey] = []
    for _ in names { keys.append(try TestKey()) }
    let stranger = try TestKey()
    var certificates: [[UInt8]] = []
    for index in names.indices {
      let isLeaf = index == names.count - 1
      let issuer = max(0, index - 1)
      var builder = X509Builder(
        serial: [UInt8(index + 1)], issuer: try X509Name(commonName: names[issuer]),
        subject: try X509Name(commonName: names[index]), notBefore: Self.now - 3600,
        notAfter: Self.now + 3600, publicKey: keys[index].key.publicKey,
        basicConstraints: isLeaf
          ? .leaf : .authority(pathLength: index == 0 ? nil : names.count - 2 - index),
        keyUsage: isLeaf ? .digitalSignature : .certificateSign)
      bend(index, &builder)
      let signer = index == wronglySigned ? stranger : keys[issuer]
      certificates.append(try builder.signed(by: signer.key))
    }
    guard let leafKey = keys.last, let first = certificates.first else { throw ChainError.empty }
    return (
      try document(certificates, signedBy: isForged ? stranger : leafKey),
      SHA256.hash(first)
    )
  }

  private func document(
    _ certificates: [[UInt8]], signedBy key: TestKey
  ) throws -> [UInt8] {
    var encoder = CBOREncoder()
    encoder.map(9)
    encoder.text("module_id")
    encoder.text(moduleID)
    encoder.text("digest")
    encoder.text("SHA384")
    encoder.text("timestamp")
    encoder.unsigned(UInt64(Self.now) * 1000)
    encoder.text("pcrs")
    encoder.map(5)
    for index in 0..<5 {
      encoder.unsigned(UInt64(index))
      encoder.bytes(
        index == 4
          ? SHA384.hash([UInt8](repeating: 0, count: 48) + Array(measuredInstance.utf8))
          : [UInt8](repeating: isDebug && index < 3 ? 0 : UInt8(index + 1), count: 48))
    }
    encoder.text("certificate")
    encoder.bytes(certificates.last ?? [])
    encoder.text("cabundle")
    encoder.array(certificates.count - 1)
    for certificate in certificates.dropLast() { encoder.bytes(certificate) }
    let values = [
      ("public_key", expectation?.publicKey), ("user_data", expectation?.userData),
      ("nonce", expectation?.nonce),
    ]
    for (name, value) in values {
      encoder.text(name)
      if let value { encoder.bytes(value) } else { encoder.null() }
    }
    let payload = encoder.finish()
    let message = COSESign1.toBeSigned(
      protectedHeader: AttestationDocument.protectedHeader, payload: payload)
    return COSESign1(
      protectedHeader: AttestationDocument.protectedHeader, payload: payload,
      signature: try key.key.sign(message.span)
    ).encoded(tagged: false)
  }

  /// A policy that names the root and pins the registers.
  package static func policy(
    root: [UInt8], commonNames: MeasurementPolicy.CommonNames = .enforce, pcr0: UInt8 = 1,
    expires: UInt64? = nil
  ) throws -> MeasurementPolicy {
    try MeasurementPolicy(
      measurements: [
        .init(
          pcr0: [UInt8](repeating: pcr0, count: 48), pcr1: [UInt8](repeating: 2, count: 48),
          pcr2: [UInt8](repeating: 3, count: 48))
      ], roots: [root], commonNames: commonNames, expires: expires)
  }

  /// Judges the chain under a policy that names its root and pins its registers.
  package func judge(commonNames: MeasurementPolicy.CommonNames = .enforce) throws
    -> AttestationReport
  {
    let (document, root) = try make()
    let policy = try Self.policy(root: root, commonNames: commonNames)
    return AttestationVerifier.judge(
      document: document, expectation: nil, policy: policy, at: .time(UInt64(Self.now))
    ).report
  }
}

/// A key that an array can hold.
package final class TestKey {
  /// The key.
  package let key: P384.PrivateKey

  /// A fresh key.
  package init() throws { key = try P384.PrivateKey.generate() }
}

/// Why there is no chain.
package enum ChainError: Error {
  /// It would have no certificate.
  case empty
}
