import EphemeralAttestation
import EphemeralCrypto
import EphemeralLockstep
import EphemeralSession
import EphemeralWire

extension RefusalOracle {
  private static func recordKey(_ direction: RecordDirection) throws -> SecretMaterial {
    let info = [UInt8](repeating: 7, count: 48)
    let pair = try crypto.makeKeyPair(seed: Samples.seed(1))
    let offered = try crypto.offerKeys(
      to: pair.publicKey, seed: Samples.seed(2), transcript: info)
    return try crypto.exportRecordKey(
      offered.exporter, direction: direction, transcript: info)
  }

  private static func context(
    _ direction: RecordDirection = .enclaveToClient, sequence: UInt64 = 3,
    session: [UInt8] = Samples.sessionID
  ) -> RecordContext<[UInt8]> {
    RecordContext(sessionID: session, direction: direction, sequence: sequence)
  }

  /// A record opens in its place alone, and only if its inside keeps all rules.
  static func records() throws {
    let key = try recordKey(.enclaveToClient)
    guard
      let hand = HandMade(key, sessionID: Samples.sessionID, direction: .enclaveToClient)
    else { throw Finding("no record key") }
    let plain = HandMade.plaintext(type: 3, phase: 4, content: [1, 2, 3])
    let sealed = try hand.seal(plain, sequence: 3)
    let own = try crypto.sealRecord(
      Samples.secret([1, 2, 3]), piece: 0, padding: .padme,
      head: RecordHead(type: .assembled, phase: .assemble, isFinal: true), key: key,
      context: context())
    try expect(own == sealed, "a record is not what the specification says")
    let record = try crypto.openRecord(sealed, key: key, context: context())
    try expect("the content", record.content.copied, [1, 2, 3])
    let elsewhere = [
      context(.clientToEnclave), context(sequence: 2), context(sequence: 4),
      context(session: [UInt8](repeating: 1, count: 16)),
    ]
    for place in elsewhere {
      let opened = try? crypto.openRecord(sealed, key: key, context: place)
      try expect(opened == nil, "a record opens in another place: \(place)")
    }
    var nonzero = plain
    nonzero[nonzero.count - 1] = 1
    let broken: [(String, [UInt8])] = [
      ("padding", nonzero), ("no type", HandMade.plaintext(type: 9, phase: 4, content: [1])),
      ("no phase", HandMade.plaintext(type: 3, phase: 7, content: [1])),
      ("flags", HandMade.plaintext(type: 3, phase: 4, flags: 3, content: [1])),
      ("reserved", HandMade.plaintext(type: 3, phase: 4, reserved: 1, content: [1])),
      ("length", [3, 4, 1, 0, 0, 0, 0, 99] + [UInt8](repeating: 0, count: 64)),
    ]
    for (name, plaintext) in broken {
      let payload = try hand.seal(plaintext, sequence: 3)
      let opened = try? crypto.openRecord(payload, key: key, context: context())
      try expect(opened == nil, "a record with wrong \(name) opens")
    }
    let judged: [(type: UInt8, phase: UInt8, flags: UInt8, isRight: Bool)] = [
      (3, 4, 1, true), (3, 5, 1, false), (3, 4, 0, false), (5, 5, 0, true), (5, 4, 1, false),
      (8, 2, 1, true), (8, 2, 0, false),
    ]
    for (type, phase, flags, isRight) in judged {
      let plaintext = HandMade.plaintext(type: type, phase: phase, flags: flags, content: [1])
      let payload = try hand.seal(plaintext, sequence: 3)
      let opened = RecordOpener(key: key, context: context()).open(payload, by: crypto)
      var isOpen = false
      if case .record = opened { isOpen = true }
      try expect("type \(type), phase \(phase), flags \(flags)", isOpen, isRight)
    }
  }

  /// Splitting and bounds of messages of several records, and padded sizes.
  static func pieces() throws {
    let full: UInt64 = 262_144
    func verdict(
      _ counts: GatheringCounts, _ isFinal: Bool, _ content: UInt64, _ padded: UInt64
    ) -> GatheringCounts.Verdict {
      counts.accepting(
        Piece(isFinal: isFinal, contentCount: content, paddedCount: padded), maximum: full + 10)
    }
    let none = GatheringCounts()
    let one = GatheringCounts(content: full, padded: full)
    let ended = GatheringCounts(content: 5, padded: full)
    try expect("a last piece", verdict(none, true, 5, 64), .complete)
    try expect("a full piece", verdict(none, false, full, full), .more(one))
    try expect("a short piece", verdict(none, false, 5, 64), .inconsistent)
    try expect("an empty piece", verdict(one, true, 0, 0), .inconsistent)
    try expect("content after padding", verdict(ended, true, 1, 64), .inconsistent)
    try expect("padding after padding", verdict(ended, true, 0, 64), .complete)
    try expect("content beyond the bound", verdict(one, true, 11, 64), .oversize)
    try expect("content at the bound", verdict(one, true, 10, 64), .complete)
    let much = GatheringCounts(content: 5, padded: 2 * full)
    try expect("padding beyond the bound", verdict(much, true, 0, full), .oversize)
    let sizes: [(Int, MessagePadding, UInt64)] = [
      (1, .padme, 1), (300_000, .padme, 2), (1, .powerOfTwo, 1), (262_145, .powerOfTwo, 2),
      (600_000, .powerOfTwo, 4), (5, .fixed(600_000), 3), (6, .fixed(5), 0),
    ]
    for (count, padding, records) in sizes {
      let content = try Samples.secret([UInt8](repeating: 0, count: count))
      try expect(
        "records of \(count), \(padding)", crypto.recordCount(content, padding: padding), records)
    }
    let key = try recordKey(.enclaveToClient)
    let padded: [(Int, MessagePadding, Int)] = [
      (65, .padme, 72), (1000, .padme, 1024), (100, .powerOfTwo, 4096), (5000, .powerOfTwo, 8192),
      (9, .fixed(5000), 5000),
    ]
    for (count, padding, size) in padded {
      let payload = try crypto.sealRecord(
        Samples.secret([UInt8](repeating: 0, count: count)), piece: 0, padding: padding,
        head: RecordHead(type: .inferResult, phase: .infer, isFinal: true), key: key,
        context: context())
      try expect("\(count), \(padding)", payload.count, size + 8 + 16)
    }
    var send = SendKey<LibcryptoCryptography>(
      Secret(key), sessionID: Samples.sessionID, direction: .enclaveToClient)
    let limit = (1 << 24) as UInt64
    try expect("records up to the reserved ones", send.allows(records: limit - 2), true)
    try expect("reserved records", send.allows(records: limit - 1), false)
    let content = Secret<LibcryptoCryptography>(try Samples.secret([1]))
    let first = try send.seal(content, as: .assembled, phase: .assemble, by: crypto)
    let second = try send.seal(content, as: .assembled, phase: .assemble, by: crypto)
    try expect(first != second, "a key sealed twice under one number")
  }

  /// What the contents of records must be.
  static func contents() throws {
    let right = [UInt8](repeating: 5, count: 48)
    try expect("T2", crypto.confirms(try Samples.secret(right), right), true)
    for place in [0, 47] {
      var other = right
      other[place] ^= 1
      try expect("not T2", crypto.confirms(try Samples.secret(other), right), false)
    }
    try expect("no T2", crypto.confirms(try Samples.secret([]), right), false)
    let request = try Samples.secret(Samples.tensors(sequence: 4))
    guard let head = crypto.readRequest(request) else { throw Finding("no request") }
    for (sequence, random, isRight) in [
      (4, 0x77, true), (5, 0x77, false), (4, 0x78, false),
    ] as [(UInt64, UInt8, Bool)] {
      let response = try Samples.secret(Samples.tensors(sequence: sequence, random: random))
      try expect("an echo", crypto.response(response, answers: head), isRight)
    }
    let secret = try Samples.secret([1, 2, 3])
    do { _ = Secret<LibcryptoCryptography>(secret) }
    try expect("a secret is overwritten when its owner goes", secret.isDestroyed, true)
  }
}
