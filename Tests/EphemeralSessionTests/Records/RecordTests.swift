import EphemeralCrypto
import EphemeralLockstep
@testable import EphemeralSession
import EphemeralWire
import Testing

@Suite("Records")
struct RecordTests {
  private let crypto = LibcryptoCryptography()

  private static func key(_ byte: UInt8 = 1) throws -> SecretMaterial {
    SecretMaterial(
      .record(
        RecordKey(
          key: try SecretBytes(copying: [UInt8](repeating: byte, count: 32).span),
          iv: try SecretBytes(copying: [UInt8](repeating: 2, count: 12).span))))
  }

  private static func context(
    _ sequence: UInt64 = 0, session: UInt8 = 3, _ direction: RecordDirection = .clientToEnclave
  ) -> RecordContext<[UInt8]> {
    RecordContext(
      sessionID: [UInt8](repeating: session, count: 16), direction: direction,
      sequence: sequence)
  }

  /// Seals a plaintext of the test's own making.
  private static func seal(_ plaintext: [UInt8]) throws -> [UInt8] {
    let head = min(plaintext.count, RecordHeader.byteCount)
    let sealed = try key().seal(
      plaintext.span.extracting(0..<head), plaintext.span.extracting(head..<plaintext.count),
      plaintextBytes: plaintext.count, context())
    return try #require(sealed)
  }

  private func isUnreadable(_ payload: [UInt8]) throws -> Bool {
    let opener = RecordOpener<LibcryptoCryptography>(key: try Self.key(), context: Self.context())
    if case .unreadable = opener.open(payload, by: crypto) { return true }
    return false
  }

  @Test("only the same key, session, direction and sequence open a record")
  func binding() throws {
    let content = try Samples.secret([1, 2, 3])
    let head = RecordHead(type: .close, phase: .zeroize, isFinal: true)
    let sealed = try crypto.sealRecord(
      content, piece: 0, padding: .padme, head: head, key: Self.key(), context: Self.context())
    let opened = try crypto.openRecord(sealed, key: Self.key(), context: Self.context())
    #expect(opened.head == head)
    #expect(opened.contentCount == 3 && opened.paddedCount == 64)
    #expect(opened.content.withSpan { span in span.indices.map { span[$0] } } == [1, 2, 3])
    let others = [
      Self.context(1), Self.context(session: 4), Self.context(0, .enclaveToClient),
    ]
    for other in others {
      #expect(throws: ProviderFailure.refused) {
        try crypto.openRecord(sealed, key: Self.key(), context: other)
      }
    }
    #expect(throws: ProviderFailure.refused) {
      try crypto.openRecord(sealed, key: Self.key(9), context: Self.context())
    }
  }

  @Test("a failed opening leaves the key usable")
  func recovers() throws {
    let key = try Self.key()
    let sealed = try Self.seal([6, 6, 1, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 64))
    var broken = sealed
    broken[0] ^= 1
    #expect(throws: ProviderFailure.refused) {
      try crypto.openRecord(broken, key: key, context: Self.context())
    }
    #expect(try crypto.openRecord(sealed, key: key, context: Self.context()).contentCount == 0)
  }

  @Test("a record whose inside breaks a rule is unreadable")
  func rules() throws {
    let padding = [UInt8](repeating: 0, count: 64)
    func record(_ head: [UInt8]) -> [UInt8] { head + [0, 0, 0, 0] + padding }
    #expect(try !isUnreadable(Self.seal(record([6, 6, 1, 0]))))
    let broken: [[UInt8]] = [
      record([6, 5, 1, 0]),  // Close outside its phase
      record([6, 6, 0, 0]),  // Close that is not final
      record([1, 3, 1, 0]), record([2, 2, 1, 0]), record([3, 5, 1, 0]), record([4, 4, 1, 0]),
      record([5, 6, 1, 0]), record([7, 5, 1, 0]), record([8, 3, 0, 0]),
      record([0, 6, 1, 0]), record([9, 6, 1, 0]),  // no such type
      record([6, 0, 1, 0]), record([6, 7, 1, 0]),  // no such phase
      record([6, 6, 3, 0]), record([6, 6, 1, 1]),  // flags, reserved byte
      [6, 6, 1, 0, 0, 0, 0, 65] + padding,  // longer than it is
      [6, 6, 1, 0, 0xff, 0xff, 0xff, 0xff] + padding,
      [6, 6, 1, 0, 0, 0, 0, 0] + padding.dropLast() + [1],  // padding that is not zero
      [6, 6, 1, 0, 0, 0, 0], [],
    ]
    for plaintext in broken { #expect(try isUnreadable(Self.seal(plaintext)), "\(plaintext)") }
    // Abort may come in any phase.
    for phase: UInt8 in 1...6 { #expect(try !isUnreadable(Self.seal(record([8, phase, 1, 0])))) }
    for size in [0, 1, 15, 16, 23] {
      #expect(try isUnreadable([UInt8](repeating: 0, count: size)))
    }
  }

  @Test("no record is opened or sealed beyond a key's last sequence number")
  func exhaustion() throws {
    let last = SessionBounds.recordsPerKey
    let opener = RecordOpener<LibcryptoCryptography>(
      key: try Self.key(), context: Self.context(last))
    let sealed = try crypto.sealRecord(
      Samples.secret([]), piece: 0, padding: .padme,
      head: RecordHead(type: .close, phase: .zeroize, isFinal: true), key: Self.key(),
      context: Self.context(last))
    guard case .unreadable = opener.open(sealed, by: crypto) else {
      Issue.record("opened a record beyond the end")
      return
    }
    var send = SendKey<TermCryptography>(
      Secret(.name("key")), sessionID: .name("session"), direction: .clientToEnclave)
    send.resume(at: last - 2)
    let allows = send.allows(records: 1)
    #expect(!allows)
    let content = Secret<TermCryptography>(.name("content"))
    for left in [1, 0] {
      _ = try send.seal(content, as: .close, phase: .zeroize, by: TermCryptography())
      let sequence = send.sequence
      #expect(sequence == last - UInt64(left))
    }
    do {
      _ = try send.seal(content, as: .abort, phase: .zeroize, by: TermCryptography())
      Issue.record("sealed a record beyond the end")
    } catch {
      #expect(error == .fault)
    }
  }

  @Test("a destroyed secret is gone for everybody who holds it")
  func destroyed() throws {
    let secret = try Samples.secret([1, 2, 3])
    let other = secret
    LibcryptoCryptography.destroy(secret)
    LibcryptoCryptography.destroy(secret)
    #expect(other.count == 0)
    #expect(other.withSpan { $0.count } == nil)
    let key = try Self.key()
    key.destroy()
    #expect(throws: ProviderFailure.self) {
      try crypto.openRecord(
        [UInt8](repeating: 0, count: 88), key: key, context: Self.context())
    }
  }
}

@Suite("Pieces of a message")
struct PieceTests {
  private static let full: UInt64 = 262_144

  private func piece(_ content: UInt64, _ padded: UInt64, final: Bool) -> Piece {
    Piece(isFinal: final, contentCount: content, paddedCount: padded)
  }

  @Test("one piece")
  func one() {
    let none = GatheringCounts()
    #expect(none.accepting(piece(3, 64, final: true), maximum: 3) == .complete)
    #expect(none.accepting(piece(0, 64, final: true), maximum: 0) == .complete)
    #expect(none.accepting(piece(4, 64, final: true), maximum: 3) == .oversize)
    #expect(none.accepting(piece(65, 64, final: true), maximum: 99) == .inconsistent)
    #expect(none.accepting(piece(3, 64, final: false), maximum: 99) == .inconsistent)
    #expect(none.accepting(piece(0, 0, final: true), maximum: 99) == .inconsistent)
    #expect(
      none.accepting(piece(1, Self.full + 1, final: true), maximum: .max) == .inconsistent)
  }

  @Test("several pieces")
  func several() {
    let filled = GatheringCounts(content: Self.full, padded: Self.full)
    let padding = GatheringCounts(content: 5, padded: Self.full)
    #expect(
      GatheringCounts().accepting(piece(Self.full, Self.full, final: false), maximum: 1 << 20)
        == .more(filled))
    #expect(filled.accepting(piece(1, 64, final: true), maximum: 1 << 20) == .complete)
    #expect(padding.accepting(piece(0, 64, final: true), maximum: 1 << 20) == .complete)
    #expect(padding.accepting(piece(1, 64, final: true), maximum: 1 << 20) == .inconsistent)
    #expect(filled.accepting(piece(1, 64, final: true), maximum: Self.full) == .oversize)
    // Padding alone cannot go on for ever.
    let long = GatheringCounts(content: 5, padded: 2 * Self.full)
    #expect(long.accepting(piece(0, 64, final: true), maximum: 5) == .oversize)
    let huge = GatheringCounts(content: .max, padded: .max)
    #expect(huge.accepting(piece(1, 64, final: true), maximum: .max) == .oversize)
  }
}
