import EphemeralCrypto
import Testing

@testable import EphemeralImage

@Suite("Signed images")
struct SignatureTests {
  private static func certificate(_ key: borrowing P384.PrivateKey) throws -> [UInt8] {
    let name = try X509Name([(type: .commonName, text: "signer")])
    return try X509Builder(
      serial: [1], issuer: name, subject: name, notBefore: 1_767_225_600,
      notAfter: 2_082_758_400, publicKey: key.publicKey, basicConstraints: .leaf,
      keyUsage: [.digitalSignature]
    ).signed(by: key)
  }

  @Test("A signed image holds, and all but its signature is the unsigned one's")
  func sign() throws {
    let key = try P384.PrivateKey.generate()
    let certificate = try Self.certificate(key)
    let recipe = try Answers.recipe()
    let signed = try recipe.build(signingKey: key, certificate: certificate)
    let report = try ImageReport(reading: ArraySource(signed))
    try report.requireSound()
    #expect(report.signing == .signed(certificate: certificate))
    #expect(report.measurement.pcr8 == ImageMeasurement.register(ofCertificate: certificate))
    let unsigned = try ImageReport(reading: ArraySource(try recipe.build()))
    #expect(report.measurement.pcr0 == unsigned.measurement.pcr0)
    #expect(report.layout.sections.dropLast().map(\.kind) == unsigned.layout.sections.map(\.kind))
    #expect(report.layout.sections.last?.kind == .signature)
  }

  @Test("Another key, another image and a changed section are refused by name")
  func refusals() throws {
    let key = try P384.PrivateKey.generate()
    let other = try P384.PrivateKey.generate()
    let certificate = try Self.certificate(key)
    let pcr0 = [UInt8](repeating: 3, count: 48)
    #expect(throws: ImageSignatureError.wrongKey) {
      try ImageSignature(signing: pcr0, key: other, certificate: certificate)
    }
    #expect(throws: ImageSignatureError.certificate) {
      try ImageSignature(signing: pcr0, key: key, certificate: [0x30, 0])
    }
    let signature = try ImageSignature(signing: pcr0, key: key, certificate: certificate)
    let section = signature.encoded()
    #expect(try ImageSignature(decoding: section) == signature)
    try signature.verify(pcr0)
    #expect(throws: ImageSignatureError.register) {
      try signature.verify([UInt8](repeating: 4, count: 48))
    }
    let others = try Self.certificate(other)
    let resigned = try ImageSignature(signing: pcr0, key: other, certificate: others)
    #expect(throws: ImageSignatureError.mismatch) {
      try signature.with(certificate: others).verify(pcr0)
    }
    #expect(throws: ImageSignatureError.mismatch) {
      try resigned.with(certificate: certificate).verify(pcr0)
    }
    for section in [[], [0x80], [0xa0], [0x81, 0xa0], section + [0], Array(section.dropLast())] {
      #expect(throws: ImageSignatureError.malformed) { try ImageSignature(decoding: section) }
    }
    // The first letter of "-----BEGIN": no certificate any more. The array's head is nine bytes in.
    var changed = section
    changed[30] ^= 1
    #expect(throws: ImageSignatureError.self) { try ImageSignature(decoding: changed) }
  }

  @Test("An image whose signature was made for another is refused, and shown")
  func transplanted() throws {
    let key = try P384.PrivateKey.generate()
    let certificate = try Self.certificate(key)
    let signature = try ImageSignature(
      signing: [UInt8](repeating: 9, count: 48), key: key, certificate: certificate)
    let image = try ImageWriter.image(
      architecture: .x86, defaultMemoryBytes: 0, defaultProcessors: 0,
      sections: [
        (.kernel, [1]), (.commandLine, [0x61]), (.ramdisk, [2]),
        (.signature, signature.encoded()),
      ])
    let report = try ImageReport(reading: ArraySource(image))
    #expect(report.signing == .refused(.register))
    #expect(report.measurement.pcr8 == ImageMeasurement.register(ofCertificate: certificate))
    #expect(throws: ImageError.signature) { try report.requireSound() }
  }
}

extension ImageSignature {
  /// The same envelope beside another certificate.
  fileprivate func with(certificate: [UInt8]) -> ImageSignature {
    ImageSignature(certificate: certificate, envelope: envelope)
  }
}
