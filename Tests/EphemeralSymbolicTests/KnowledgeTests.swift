import EphemeralSession
@testable import EphemeralSymbolic
import EphemeralWire
import Testing

@Suite("The attacker's closure")
struct KnowledgeTests {
  private let arena = TermArena()
  private var crypto: SymbolicCryptography { SymbolicCryptography(arena: arena) }

  /// A record of c1's topology under keys of a client seed and a KEM seed.
  private func record(client: Owner, enclave: Owner) throws -> (record: Term, key: Term) {
    let transcript = arena.make(.junk)
    let offer = try crypto.offerKeys(
      to: arena.make(.kemPublic, arena.atom(.keySeed, enclave)),
      seed: arena.atom(.clientSeed, client), transcript: transcript)
    let key = try crypto.exportRecordKey(
      offer.exporter, direction: .clientToEnclave, transcript: transcript)
    let record = try crypto.sealRecord(
      arena.atom(.topology, .client1), piece: 0, padding: .padme,
      head: RecordHead(type: .topologyDeliver, phase: .topologyDeliver, isFinal: true), key: key,
      context: RecordContext(
        sessionID: arena.atom(.sessionID, .enclave1), direction: .clientToEnclave, sequence: 0))
    return (record, key)
  }

  @Test("equal terms are one, and different ones are not")
  func interning() {
    let nonce = arena.atom(.nonce, .client1)
    #expect(arena.make(.hello, nonce) == arena.make(.hello, nonce))
    #expect(arena.make(.hello, nonce) != arena.make(.hello, arena.atom(.nonce, .client2)))
    #expect(arena.make(.hash, nonce) != arena.make(.hello, nonce))
    let many = (0..<10_000).map { arena.atom(.nonce, .client1, UInt32($0)) }
    #expect(Set(many).count == many.count)
    #expect(many[77] == arena.atom(.nonce, .client1, 77))
  }

  @Test("a record between honest parties stays closed", arguments: [false, true])
  func closed(isOrderReversed: Bool) throws {
    let knowledge = AttackerKnowledge(arena: arena)
    let (record, key) = try record(client: .client1, enclave: .enclave1)
    var set = AttackerKnowledge.initial
    let key2 = arena.make(.kemPublic, arena.atom(.keySeed, .enclave1))
    for frame in isOrderReversed ? [key2, record] : [record, key2] {
      set = knowledge.extending(set, by: frame)
    }
    #expect(knowledge.leak(in: set) == .none)
    #expect(!knowledge.derives(key, in: set))
    #expect(knowledge.derives(record, in: set))
    #expect(knowledge.derives(arena.atom(.sessionID, .enclave1), in: set), "it is in the open")
  }

  @Test("a record opens to who has either seed", arguments: [Owner.client1, .attacker])
  func opened(client: Owner) throws {
    let enclave: Owner = client == .attacker ? .enclave1 : .attacker
    let knowledge = AttackerKnowledge(arena: arena)
    let (record, key) = try record(client: client, enclave: enclave)
    var set = knowledge.extending(AttackerKnowledge.initial, by: record)
    // The other half is a public key, which the attacker has to see first.
    for frame in [
      arena.make(.kemPublic, arena.atom(.keySeed, .enclave1)),
      arena.make(.kemPublic, arena.atom(.clientSeed, .client1)),
    ] {
      set = knowledge.extending(set, by: frame)
    }
    #expect(knowledge.derives(key, in: set))
    #expect(knowledge.leak(in: set) == arena.atom(.topology, .client1))
  }

  @Test("a key learned later opens what was kept")
  func late() throws {
    let knowledge = AttackerKnowledge(arena: arena)
    let (record, key) = try record(client: .client1, enclave: .enclave1)
    let early = knowledge.extending(AttackerKnowledge.initial, by: record)
    #expect(knowledge.leak(in: early) == .none)
    let late = knowledge.extending(early, by: key)
    #expect(knowledge.derives(arena.atom(.topology, .client1), in: late))
  }

  @Test("tuples come apart, hashes do not")
  func analysis() {
    let knowledge = AttackerKnowledge(arena: arena)
    let nonce = arena.atom(.nonce, .client1)
    let hashed = knowledge.extending(
      AttackerKnowledge.initial, by: arena.make(.hash, nonce))
    #expect(!knowledge.derives(nonce, in: hashed))
    let open = knowledge.extending(hashed, by: arena.make(.hello, nonce))
    #expect(knowledge.derives(nonce, in: open))
    #expect(knowledge.derives(arena.make(.hash, arena.make(.hash, nonce)), in: open))
  }

  @Test("the attacker signs for its own enclaves alone")
  func documents() {
    let knowledge = AttackerKnowledge(arena: arena)
    let own = arena.atom(.nonce, .attacker)
    func derives(_ facts: DocumentFacts) -> Bool {
      knowledge.derives(
        crypto.document(facts, userData: own, nonce: own, key: own),
        in: AttackerKnowledge.initial)
    }
    #expect(!derives(DocumentFacts()))
    #expect(derives(DocumentFacts(isPinned: false)))
    #expect(derives(DocumentFacts(isDebug: true)))
    #expect(derives(DocumentFacts(isGenuine: false)))
  }

  @Test("a wipe report needs its signer's key")
  func reports() {
    let knowledge = AttackerKnowledge(arena: arena)
    let tally = WipeTally(
      regions: 1, bytes: 1, exposureNanoseconds: 6, auditHead: arena.atom(.auditHead, .nobody))
    func derives(_ owner: Owner) -> Bool {
      let report = crypto.wipeReport(
        signer: arena.atom(.receiptSeed, owner), arena.atom(.sessionID, .attacker),
        inferences: 0, tally)
      return knowledge.derives(report, in: AttackerKnowledge.initial)
    }
    #expect(derives(.attacker))
    #expect(!derives(.enclave1))
  }
}
