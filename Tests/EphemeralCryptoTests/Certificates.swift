import EphemeralCrypto
import TestSupport

/// A chain made for a test: a root, one intermediate authority and a leaf.
struct TestChain {
  static let start: Int64 = 1_700_000_000
  static let end: Int64 = 1_800_000_000
  static let now: Int64 = 1_750_000_000

  /// Changes that a test makes to the certificates before they are signed.
  struct Changes {
    var root: (inout X509Builder) -> Void = { _ in }
    var intermediate: (inout X509Builder) -> Void = { _ in }
    var leaf: (inout X509Builder) -> Void = { _ in }
  }

  let root: X509Certificate
  let intermediate: X509Certificate
  let leaf: X509Certificate
  var all: [X509Certificate] { [root, intermediate, leaf] }

  init(_ changes: Changes = Changes()) throws {
    let rootKey = try P384.PrivateKey.generate()
    let intermediateKey = try P384.PrivateKey.generate()
    let leafKey = try P384.PrivateKey.generate()
    let rootName = try X509Name(country: "US", organization: "Test", commonName: "root")
    let intermediateName = try X509Name(organization: "Test", commonName: "intermediate")
    let authorityUse: KeyUsage = [.certificateSign, .revocationListSign]
    var root = X509Builder(
      serial: [1], issuer: rootName, subject: rootName, notBefore: Self.start, notAfter: Self.end,
      publicKey: rootKey.publicKey, basicConstraints: .authority(pathLength: 1),
      keyUsage: authorityUse)
    changes.root(&root)
    var intermediate = X509Builder(
      serial: [0x80, 2], issuer: rootName, subject: intermediateName, notBefore: Self.start,
      notAfter: Self.end, publicKey: intermediateKey.publicKey,
      basicConstraints: .authority(pathLength: 0), keyUsage: authorityUse)
    changes.intermediate(&intermediate)
    var leaf = X509Builder(
      serial: [0, 0, 3], issuer: intermediateName,
      subject: try X509Name(
        country: "US", state: "Washington", locality: "Seattle", organization: "Test",
        organizationalUnit: "Unit", commonName: "leaf.test"),
      notBefore: Self.start, notAfter: Self.end, publicKey: leafKey.publicKey,
      basicConstraints: .leaf, keyUsage: [.digitalSignature, .nonRepudiation])
    leaf.keyUsageIsCritical = false
    changes.leaf(&leaf)
    self.root = try X509Certificate(der: try root.signed(by: rootKey))
    self.intermediate = try X509Certificate(der: try intermediate.signed(by: rootKey))
    self.leaf = try X509Certificate(der: try leaf.signed(by: intermediateKey))
  }
}

/// Certificates that other software made, with keys of other kinds.
enum ForeignCertificates {
  static let ed25519 = hex(
    "308201323081e5a0030201020214245f5f94a19079d7422e576c9ff73fe27ae7818f300506032b6570300f310d300b"
      + "06035504030c0474657374301e170d3236313132333034333832375a170d3336313132303034333832375a300f31"
      + "0d300b06035504030c0474657374302a300506032b6570032100035d582c6aa6ba6f2aa85918072022be14724212"
      + "f8e3a24d5c4e298ed06aad57a3533051301d0603551d0e041604148a059d86f725648f1f25f8363a54232777f39a"
      + "71301f0603551d230418301680148a059d86f725648f1f25f8363a54232777f39a71300f0603551d130101ff0405"
      + "30030101ff300506032b65700341000f836e6de4df5aa6952764845a88491ad499bc13fab1e439a97afdcfa1da95"
      + "7d27f8cb4676cebbd6ec1a53d3104500030f490ab5ec09b598ec1199556a17960a")
  static let p256 = hex(
    "3082017330820119a0030201020214541b6beb79df220652b00340ee0fb78d2dfc7eb4300a06082a8648ce3d040303"
      + "300f310d300b06035504030c0474657374301e170d3236313132333034333832375a170d33363131323030343338"
      + "32375a300f310d300b06035504030c04746573743059301306072a8648ce3d020106082a8648ce3d030107034200"
      + "04f6e05c83f3b49a9784941f303e832f998f28742e65c89e55d28ab938afca0e9e98fd82808a277421f595c4c077"
      + "8d09cc2e23fe6cac055e0006dcd340da26d7b8a3533051301d0603551d0e0416041487fac9d7a3587394c4da046a"
      + "2a6f341041f1b930301f0603551d2304183016801487fac9d7a3587394c4da046a2a6f341041f1b930300f060355"
      + "1d130101ff040530030101ff300a06082a8648ce3d0403030348003045022100c99780137ec65114af925ab66da9"
      + "973bd9e502a1fae77ace30d5a0bb203544d702207dd85aa9610b1a9cf2dfc025a0f84e6a8482ba29d29b765c9e0c"
      + "acf60e950780")
}
