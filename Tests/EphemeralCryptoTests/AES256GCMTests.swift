import EphemeralCrypto
import TestSupport
import Testing

/// Known answers are test cases 13, 14 and 16 of the GCM specification submitted to NIST.
@Suite("AES-256-GCM")
struct AES256GCMTests {
  static let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
  static let nonce = hex("cafebabefacedbaddecaf888")
  static let plaintext = hex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
      + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
  static let associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
  static let sealed = hex(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
      + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
      + "76fc6ece0f4e1768cddf8853bb2d551b")

  @Test("Nothing, and one block, under the zero key")
  func zeroKey() throws {
    let key = try SecretBytes(count: 32)
    var sealer = try AES256GCM.Sealer(key: key)
    let nonce = AES256GCM.Nonce(number: 0)
    #expect(
      try sealer.seal(Span(), nonce: nonce, authenticating: Span())
        == hex("530f8afbc74536b9a963b4f1c4cb738b"))
    let block = [UInt8](repeating: 0, count: 16)
    #expect(
      try sealer.seal(block.span, nonce: nonce, authenticating: Span())
        == hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"))
  }

  @Test("One context seals and opens many messages, in place and out of place")
  func reuse() throws {
    let key = try secret(Self.key)
    var sealer = try AES256GCM.Sealer(key: key)
    var opener = try AES256GCM.Opener(key: key)
    let nonce = try AES256GCM.Nonce(Self.nonce.span)
    for _ in 0..<3 {
      #expect(
        try sealer.seal(
          Self.plaintext.span, nonce: nonce, authenticating: Self.associated.span) == Self.sealed)
      var buffer = Self.plaintext + [UInt8](repeating: 0, count: 16)
      var span = buffer.mutableSpan
      try sealer.sealInPlace(&span, nonce: nonce, authenticating: Self.associated.span)
      #expect(buffer == Self.sealed)
      #expect(
        reveal(
          try opener.open(Self.sealed.span, nonce: nonce, authenticating: Self.associated.span))
          == Self.plaintext)
      var opened = buffer.mutableSpan
      try opener.openInPlace(&opened, nonce: nonce, authenticating: Self.associated.span)
      #expect(buffer.prefix(Self.plaintext.count).elementsEqual(Self.plaintext))
    }
  }

  @Test("Each flipped bit is refused, nothing is left, and the context still works after")
  func flips() throws {
    let key = try secret(Self.key)
    var opener = try AES256GCM.Opener(key: key)
    let nonce = try AES256GCM.Nonce(Self.nonce.span)
    for index in Self.sealed.indices {
      var changed = Self.sealed
      changed[index] ^= 1 << UInt8(index % 8)
      var output = [UInt8](repeating: 0xaa, count: Self.plaintext.count)
      var error: CryptoError?
      do throws(CryptoError) {
        var span = output.mutableSpan
        try opener.open(
          changed.span, nonce: nonce, authenticating: Self.associated.span, into: &span)
      } catch let caught { error = caught }
      #expect(error == .authenticationFailed)
      #expect(output.allSatisfy { $0 == 0 })
    }
    #expect(
      reveal(try opener.open(Self.sealed.span, nonce: nonce, authenticating: Self.associated.span))
        == Self.plaintext)
    var buffer = Self.sealed
    buffer[0] ^= 1
    #expect(throws: CryptoError.authenticationFailed) {
      var span = buffer.mutableSpan
      try opener.openInPlace(&span, nonce: nonce, authenticating: Self.associated.span)
    }
    #expect(buffer.prefix(Self.plaintext.count).allSatisfy { $0 == 0 })
  }

  @Test("Wrong nonce, wrong associated data, wrong key")
  func wrongInputs() throws {
    let key = try secret(Self.key)
    var opener = try AES256GCM.Opener(key: key)
    let nonce = try AES256GCM.Nonce(Self.nonce.span)
    let other = try AES256GCM.Nonce(base: Self.nonce.span, number: 1)
    #expect(
      failure { () throws(CryptoError) in
        _ = try opener.open(
          Self.sealed.span, nonce: other, authenticating: Self.associated.span)
      } == .authenticationFailed)
    #expect(
      failure { () throws(CryptoError) in
        _ = try opener.open(Self.sealed.span, nonce: nonce, authenticating: Span())
      } == .authenticationFailed)
    var wrong = try AES256GCM.Opener(key: try SecretBytes(count: 32))
    #expect(
      failure { () throws(CryptoError) in
        _ = try wrong.open(Self.sealed.span, nonce: nonce, authenticating: Self.associated.span)
      } == .authenticationFailed)
  }

  @Test("Lengths that do not fit are refused before any work", arguments: [0, 1, 15])
  func lengths(count: Int) throws {
    let key = try secret(Self.key)
    var opener = try AES256GCM.Opener(key: key)
    var sealer = try AES256GCM.Sealer(key: key)
    let nonce = AES256GCM.Nonce(number: 0)
    var short = [UInt8](repeating: 0, count: count)
    #expect(
      failure { () throws(CryptoError) in
        _ = try opener.open(short.span, nonce: nonce, authenticating: Span())
      } == .wrongLength)
    #expect(throws: CryptoError.wrongLength) {
      var span = short.mutableSpan
      try opener.openInPlace(&span, nonce: nonce, authenticating: Span())
    }
    #expect(throws: CryptoError.wrongLength) {
      var span = short.mutableSpan
      try sealer.sealInPlace(&span, nonce: nonce, authenticating: Span())
    }
    #expect(throws: CryptoError.wrongLength) {
      var span = short.mutableSpan
      try sealer.seal(Self.plaintext.span, nonce: nonce, authenticating: Span(), into: &span)
    }
    #expect(
      failure { () throws(CryptoError) in
        _ = try AES256GCM.Sealer(key: try SecretBytes(count: count))
      } == .wrongLength)
    #expect(throws: CryptoError.wrongLength) { try AES256GCM.Nonce(short.span) }
  }

  @Test("A nonce from a number is four zeros and the number")
  func numbers() throws {
    let key = try secret(Self.key)
    var sealer = try AES256GCM.Sealer(key: key)
    let bytes = hex("000000000102030405060708")
    let expected = try sealer.seal(
      Span(), nonce: try AES256GCM.Nonce(bytes.span), authenticating: Span())
    let actual = try sealer.seal(
      Span(), nonce: AES256GCM.Nonce(number: 0x0102_0304_0506_0708), authenticating: Span())
    #expect(actual == expected)
  }
}
