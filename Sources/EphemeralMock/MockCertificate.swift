import EphemeralAttestation
import EphemeralCrypto

/// Makes the certificates of a mock chain in the profile of AWS's (`Spec/Attestation.md §8.2`).
enum MockCertificate {
  private static let region = "mock-1"
  private static let domain = "mock.nitro-enclaves"
  private static let day: Int64 = 86_400

  /// What one certificate says, beside what all mock certificates say.
  private struct Profile {
    let commonName: String
    let isLocal: Bool
    let constraints: BasicConstraints
    let usage: KeyUsage

    func name() throws(MockError) -> X509Name {
      do throws(X509Error) {
        return try X509Name(
          country: "US", state: isLocal ? "Washington" : nil, locality: isLocal ? "Seattle" : nil,
          organization: "EphemeralML", organizationalUnit: "Mock", commonName: commonName)
      } catch {
        throw .cryptography
      }
    }
  }

  private static let authorityUsage: KeyUsage = [
    .digitalSignature, .certificateSign, .revocationListSign,
  ]

  /// The self-signed root.
  static func root(
    key: MockKey, notBefore: Int64, notAfter: Int64
  ) throws(MockError) -> [UInt8] {
    let profile = Profile(
      commonName: domain, isLocal: false, constraints: .authority(pathLength: nil),
      usage: authorityUsage)
    return try issue(
      profile, for: key, from: notBefore, to: notAfter, issuer: try profile.name(),
      signedBy: key)
  }

  /// Region, zonal, instance and leaf certificates under `root`, with fresh keys.
  ///
  /// - Parameters:
  ///   - moduleID: the module; `instanceID`: its instance.
  ///   - now: the moment of making, in seconds since 1970.
  ///   - leafStart: the leaf's first second; it lives for three hours.
  static func chain(
    under root: MockRoot, moduleID: String, instanceID: String, now: Int64, leafStart: Int64
  ) throws(MockError) -> MockLeaf {
    let authorities = [
      (
        Profile(
          commonName: "\(try label()).\(region).\(domain)", isLocal: false,
          constraints: .authority(pathLength: 2), usage: authorityUsage), 20 * day
      ),
      (
        Profile(
          commonName: "\(try label()).zonal.\(region).\(domain)", isLocal: true,
          constraints: .authority(pathLength: 1), usage: authorityUsage), 6 * day
      ),
      (
        Profile(
          commonName: "\(instanceID).\(region).\(domain)", isLocal: true,
          constraints: .authority(pathLength: 0), usage: .certificateSign), day
      ),
    ]
    guard let parsed = try? X509Certificate(der: root.certificate) else { throw .cryptography }
    var bundle = [root.certificate]
    var issuer = parsed.subject
    var signer = root.key
    for (profile, lifetime) in authorities {
      let key = try MockKey()
      // Authorities are a little older than what they vouch for.
      bundle.append(
        try issue(
          profile, for: key, from: now - day / 2, to: now - day / 2 + lifetime,
          issuer: issuer, signedBy: signer))
      issuer = try profile.name()
      signer = key
    }
    let key = try MockKey()
    let profile = Profile(
      commonName: "\(moduleID).\(region).mock", isLocal: true, constraints: .leaf,
      usage: [.digitalSignature, .nonRepudiation])
    let leaf = try issue(
      profile, for: key, from: leafStart, to: leafStart + MockLeaf.lifetimeSeconds,
      issuer: issuer, signedBy: signer)
    return MockLeaf(
      key: key, certificate: leaf, authorities: bundle,
      notAfter: leafStart + MockLeaf.lifetimeSeconds)
  }

  private static func issue(
    _ profile: Profile, for key: MockKey, from notBefore: Int64, to notAfter: Int64,
    issuer: X509Name, signedBy signer: MockKey
  ) throws(MockError) -> [UInt8] {
    var serial: [UInt8]
    do throws(CryptoError) {
      serial = try Entropy.bytes(count: 16)
    } catch {
      throw .cryptography
    }
    // Positive, and never zero.
    serial[0] = serial[0] & 0x7f | 0x40
    var builder = X509Builder(
      serial: serial, issuer: issuer, subject: try profile.name(), notBefore: notBefore,
      notAfter: notAfter, publicKey: key.key.publicKey, basicConstraints: profile.constraints,
      keyUsage: profile.usage)
    builder.keyUsageIsCritical = profile.constraints.isAuthority
    builder.addsKeyIdentifiers = profile.constraints.isAuthority
    builder.extensions = MockMark.markings
    do throws(X509Builder.Failure) {
      return try builder.signed(by: signer.key)
    } catch {
      throw .cryptography
    }
  }

  /// Sixteen hexadecimal digits, as AWS numbers its authorities.
  private static func label() throws(MockError) -> String {
    do throws(CryptoError) {
      return Hexadecimal.encode(try Entropy.bytes(count: 8))
    } catch {
      throw .cryptography
    }
  }
}
