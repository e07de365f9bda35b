import EphemeralCrypto
import TestSupport
import Testing

/// Known answers of the SHA-2 examples that NIST publishes for FIPS 180-4.
@Suite("SHA-2")
struct DigestTests {
  @Test("SHA-256 of the standard's examples")
  func sha256() {
    #expect(
      SHA256.hash(Array("abc".utf8))
        == hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    #expect(
      SHA256.hash([])
        == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
    #expect(
      SHA256.hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"))
  }

  @Test("SHA-384 of the standard's example")
  func sha384() {
    #expect(
      SHA384.hash(Array("abc".utf8))
        == hex(
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
            + "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"))
  }

  @Test("Feeding piece by piece, and from a copy, gives the one-shot digest", arguments: 0..<200)
  func incremental(cut: Int) {
    let message = (0..<200).map { UInt8($0) }
    var hasher = SHA384.Hasher()
    hasher.update(message.span.extracting(first: cut))
    var copy = hasher.copy()
    hasher.update(message.span.extracting(cut..<200))
    copy.update(Array(message[cut...]))
    let expected = SHA384.hash(message)
    #expect(hasher.finalize() == expected)
    var output = [UInt8](repeating: 0, count: 48)
    var span = output.mutableSpan
    copy.finalize(into: &span)
    #expect(output == expected)
  }
}
