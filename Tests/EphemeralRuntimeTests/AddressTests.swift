import PropertyTesting
import Testing

@testable import EphemeralRuntime

@Suite("Addresses")
struct AddressTests {
  static let longestPath = String(repeating: "p", count: Address.unixPathMaximum - 5)

  @Test(
    "Text forms",
    arguments: [
      "tcp://127.0.0.1:7100", "tcp://0.0.0.0:0", "tcp://[::1]:80", "tcp://[2001:db8::1]:65535",
      "tcp://[1:0:0:2::3]:1", "vsock://3:5000", "vsock://any:1", "vsock://any:0", "vsock://1:1",
      "vsock://2:4294967294", "unix:/run/vm.vsock:7100", "unix:vm.vsock:1", "unix:../a b/ü:5",
      "unix:/run/a:b:c:4294967294", "unix:::1", "unix:" + longestPath + ":1234",
    ])
  func roundTrip(text: String) throws {
    let address = try Address(text)
    #expect(address.description == text)
    #expect(try Address(address.description) == address)
  }

  @Test("The port is what follows the last colon")
  func colons() throws {
    #expect(try Address("unix:/a:1:2") == .unix(path: "/a:1", port: 2))
    #expect(try Address("unix:a::2") == .unix(path: "a:", port: 2))
    #expect(try Address("vsock://4294967295:2") == .vsock(cid: Address.anyCID, port: 2))
    #expect(try Address("vsock://002:0007") == .vsock(cid: 2, port: 7))
  }

  @Test("Names only through a lookup")
  func names() throws {
    #expect(try Address("tcp://localhost:1") == .tcp(.loopback, port: 1))
    #expect(throws: AddressError.unknownHost) { try Address("tcp://example.org:1") }
    #expect(
      try Address("tcp://example.org:1") { _ in .v4(0x0102_0304) }.description
        == "tcp://1.2.3.4:1")
  }

  static let wrong: [(String, AddressError)] = [
    ("127.0.0.1:80", .unknownScheme), ("tcp://127.0.0.1", .invalidPort),
    ("tcp://127.0.0.1:", .invalidPort), ("tcp://127.0.0.1:65536", .invalidPort),
    ("tcp://127.0.0.1:-1", .invalidPort), ("tcp://127.0.0.1:+1", .invalidPort),
    ("tcp://:80", .unknownHost), ("tcp://256.0.0.1:80", .unknownHost),
    ("vsock://x:1", .unknownHost), ("vsock://+3:1", .unknownHost),
    ("vsock://4294967296:1", .unknownHost), ("vsock://3:4294967296", .invalidPort),
    ("vsock://3:4294967295", .invalidPort), ("vsock://any", .invalidPort),
    ("unix:", .invalidPort), ("unix:/run/vm", .invalidPort), ("unix:/run/vm:", .invalidPort),
    ("unix:/run/vm:x", .invalidPort), ("unix:/run/vm:+1", .invalidPort),
    ("unix:/run/vm:4294967295", .invalidPort), ("unix:/run/vm:0", .missingUnixPort),
    ("unix:/run/vm:000", .missingUnixPort), ("unix::1", .invalidPath),
    ("unix:/a\0b:1", .invalidPath), ("unix:/a\nlistening b:1", .invalidPath),
    ("unix:" + longestPath + "p:1234", .pathTooLong),
    ("unix:" + longestPath + ":12345", .pathTooLong),
    ("unix:" + String(repeating: "p", count: 1000) + ":1", .pathTooLong),
    ("UNIX:/run/vm:1", .unknownScheme),
  ]

  @Test("Refusals", arguments: wrong)
  func refusals(text: String, error: AddressError) {
    #expect(throws: error) { try Address(text) }
  }

  @Test(
    "Not everything to listen at can be connected to",
    arguments: ["vsock://any:7100", "vsock://3:0", "tcp://127.0.0.1:0"])
  func listeningOnly(text: String) throws {
    let address = try Address(text)
    #expect(throws: AddressError.onlyForListening) { try address.forConnecting() }
    let loop = try EventLoop(computeThreads: 1)
    #expect(throws: ReactorError.addressUnavailable) { _ = try loop.connect(to: address) }
  }

  @Test("Whatever the text: no trap, and what is an address reads as what it writes")
  func anyText() throws {
    let piece = Generator<String>.oneOf([
      .element(of: ["tcp://", "vsock://", "unix:", "any", "localhost", ":", "0", "4294967294"]),
      .element(of: ["/", "..", "[::1]", "[", "]", "127.0.0.1", "\u{301}", "\r\n", "\0", "ü", "🙂"]),
      Generator<UInt64>.integer().map { String($0) },
      Generator<[UInt8]>.bytes(count: 0...120).map { String(decoding: $0, as: UTF8.self) },
    ])
    let text = Generator.tuple(
      .element(of: ["", "tcp://", "vsock://", "unix:"]),
      piece.array(count: 0...8), .element(of: ["", ":", ":1", ":7100"])
    ).map { $0 + $1.joined() + $2 }
    try check(
      name: "addresses of any text", cases: 2000, covering: [RequiredLabel("unix", share: 0.02)]
    ) { testCase in
      let text = try testCase.draw(text, as: "text")
      guard let address = try? Address(text) else { return }
      if case .unix(let path, let port) = address {
        testCase.label("unix")
        let place = SocketCalls.listeningPath(path, port: port)
        try testCase.require(place.utf8.count <= Address.unixPathMaximum)
      }
      let written = address.description
      try testCase.require(try Address(written) == address)
      try testCase.require(
        Array(try Address(written).description.utf8) == Array(written.utf8), "bytes differ")
    }
  }
}
