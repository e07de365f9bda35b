import EphemeralAttestation
import EphemeralLockstep
import EphemeralSession
import EphemeralWire
import Testing

@Suite("Three machines in memory, real cryptography")
struct HonestPath {
  @Test("a whole session, two inferences")
  func whole() throws {
    let trio = try Trio(
      requests: [try Samples.tensors(sequence: 0), try Samples.tensors(sequence: 1)])
    try trio.run()
    #expect(trio.client.outcome == .completed)
    #expect(trio.enclave.outcome == .completed)
    #expect(trio.isOver)
    #expect(trio.responses.count == 2)
    #expect(trio.receipts.count == 2)
    #expect(trio.client.wipeReport != nil)
    #expect(trio.client.evidenceReport?.verdict == .accepted)
    #expect(trio.clientWipes == 1 && trio.enclaveWipes == 1)
  }

  @Test("each chunk is asked for once, ascending, whatever is inferred")
  func weights() throws {
    for chunks: UInt64 in [1, 2, 3, 4, 5, 9, 16] {
      let trio = try Trio(chunks: chunks, requests: [try Samples.tensors(sequence: 0)])
      try trio.run()
      #expect(trio.client.outcome == .completed)
      #expect(trio.openedChunks == Array(0..<chunks))
      #expect(trio.weightRequests.flatMap { $0.first..<($0.first + $0.count) } == Array(0..<chunks))
    }
  }

  @Test("per inference: the weights come again for every request, or stay sealed")
  func perInference() throws {
    for keeps in [true, false] {
      let trio = try Trio(
        chunks: 3, lifetime: .perInference(keepsSealedCopy: keeps),
        requests: [try Samples.tensors(sequence: 0), try Samples.tensors(sequence: 1)])
      try trio.run()
      #expect(trio.client.outcome == .completed)
      #expect(trio.openedChunks.count == (keeps ? 3 : 9))
    }
  }

  @Test("messages of many records arrive whole", arguments: [262_000, 262_144, 600_000])
  func large(_ count: Int) throws {
    let size = count / 4 * 4
    let trio = try Trio(
      topology: [UInt8](repeating: 7, count: count), chunks: 1,
      requests: [
        try Samples.tensors(sequence: 0, data: [UInt8](repeating: 3, count: size))
      ],
      answerBytes: size)
    try trio.run()
    #expect(trio.client.outcome == .completed)
    #expect(trio.responses.first?.count ?? 0 > size)
  }

  @Test("an attesting client leaves with a report and has sent nothing secret")
  func attest() throws {
    let trio = try Trio(requests: [], purpose: .attest)
    try trio.run()
    #expect(trio.client.outcome == .completed)
    #expect(trio.client.evidenceReport?.verdict == .accepted)
    #expect(trio.enclave.outcome == .aborted(.cancelled, authenticated: false))
    #expect(trio.seen.map(\.1.type) == [.clientHello, .evidence, .abort])
  }

  @Test("no action and no frame holds a secret")
  func secrets() throws {
    let canary: [UInt8] = Array("canary-of-the-topology".utf8)
    let data = Array("canary-of-the-input!".utf8)
    let trio = try Trio(
      topology: canary, requests: [try Samples.tensors(sequence: 0, data: data)],
      answerBytes: 64)
    try trio.run()
    #expect(trio.client.outcome == .completed)
    let answer = [UInt8](repeating: 0x5a, count: 32)
    let everything = trio.actionBytes + trio.seen.flatMap(\.1.payload)
    for secret in [canary, data, answer] {
      #expect(!contains(everything, secret))
      // The scan itself works: what the driver borrowed does contain it.
      #expect(contains(canary + data + (trio.responses.first ?? []), secret))
    }
  }

  @Test("what passes the host has padded sizes")
  func sizes() throws {
    let trio = try Trio(requests: [try Samples.tensors(sequence: 0)])
    try trio.run()
    let sealed = trio.seen.filter { $0.1.type == .sealed }.map { $0.1.payload.count - 24 }
    // KeyConfirm, topology, Assembled, request, result, Close, Zeroized.
    #expect(sealed.count == 7)
    #expect(sealed[0] == 64 && sealed[1] == 64 && sealed[3] == 4096 && sealed[4] == 4096)
    #expect(sealed[5] == 64)
    for size in sealed { #expect(size == Padding.padme(size, minimum: 64)) }
  }

  private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    guard bytes.count >= part.count else { return false }
    let first = part[0]
    return bytes.indices.contains { start in
      bytes[start] == first && start + part.count <= bytes.count
        && part.indices.allSatisfy { bytes[start + $0] == part[$0] }
    }
  }
}
