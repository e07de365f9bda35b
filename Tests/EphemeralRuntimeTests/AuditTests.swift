import EphemeralCrypto
import EphemeralWire
import SimulationSupport
import Testing

@testable import EphemeralRuntime

@Suite("Audit log")
struct AuditTests {
  private static let session = [UInt8](repeating: 0xab, count: 16)

  private func sample(_ folder: TemporaryFolder) throws -> String {
    let path = folder.path + "/audit.ndjson"
    let log = try AuditLog(role: .host, path: path, unixSeconds: 1_795_000_000)
    log.append(.started, unixSeconds: 1_795_000_000)
    log.append(.evidenceAsked, session: Self.session, unixSeconds: 1_795_000_001)
    log.append(
      .blobRefused, blob: BlobID([UInt8](repeating: 3, count: 32)), code: "storeFull",
      unixSeconds: 1_795_000_002)
    log.append(.stopped, unixSeconds: 1_795_000_003)
    return path
  }

  @Test("A log that nobody touched verifies")
  func verifies() throws {
    let folder = try TemporaryFolder()
    let summary = AuditVerifier.verify(path: try sample(folder))
    #expect(summary.fault == nil)
    #expect(summary.recordCount == 4)
    #expect(summary.sessionCount == 1)
    #expect(summary.counts[.blobRefused] == 1)
    #expect(summary.firstSeconds == 1_795_000_000)
    #expect(!summary.hasTornTail)
  }

  @Test("Every flipped bit is found")
  func everyFlip() throws {
    let folder = try TemporaryFolder()
    _ = try sample(folder)
    let bytes = try #require(folder.read("audit.ndjson"))
    let head = AuditVerifier.verify(bytes).head
    for position in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[position] ^= 1 << UInt8(bit)
        let summary = AuditVerifier.verify(damaged)
        // The last line has no successor that names its hash: there the head tells.
        #expect(
          summary.fault != nil || summary.hasTornTail || summary.head != head,
          "byte \(position) bit \(bit)")
      }
    }
  }

  @Test("Lines removed, swapped or repeated are found")
  func lineSurgery() throws {
    let folder = try TemporaryFolder()
    _ = try sample(folder)
    let bytes = try #require(folder.read("audit.ndjson"))
    let lines = bytes.split(separator: 0x0a).map { Array($0) + [0x0a] }
    for index in 0..<lines.count - 1 {
      var removed = lines
      removed.remove(at: index)
      #expect(AuditVerifier.verify(removed.flatMap { $0 }).fault == .brokenChain)
      var swapped = lines
      swapped.swapAt(index, index + 1)
      #expect(AuditVerifier.verify(swapped.flatMap { $0 }).fault == .brokenChain)
      var repeated = lines
      repeated.insert(lines[index], at: index)
      #expect(AuditVerifier.verify(repeated.flatMap { $0 }).fault == .brokenChain)
    }
  }

  @Test("A later process continues the chain")
  func resumes() throws {
    let folder = try TemporaryFolder()
    let path = try sample(folder)
    let again = try afterLetGo { try AuditLog(role: .host, path: path, unixSeconds: 1_795_000_100) }
    again.append(.started, unixSeconds: 1_795_000_100)
    let summary = AuditVerifier.verify(path: path)
    #expect(summary.fault == nil)
    #expect(summary.recordCount == 5)
    #expect(summary.head == again.head)
  }

  @Test("A line cut short at any byte is taken off, and the chain goes on")
  func tornTail() throws {
    let folder = try TemporaryFolder()
    let path = try sample(folder)
    let whole = try #require(folder.read("audit.ndjson"))
    let lastStart = try #require(whole.dropLast().lastIndex(of: 0x0a)) + 1
    for end in lastStart + 1..<whole.count {
      let torn = Array(whole[..<end])
      try folder.write(torn, to: "audit.ndjson")
      #expect(AuditVerifier.verify(torn).hasTornTail)
      let log = try afterLetGo { try AuditLog(role: .host, path: path, unixSeconds: 1_795_000_200) }
      log.append(.started, unixSeconds: 1_795_000_200)
      let summary = AuditVerifier.verify(path: path)
      #expect(summary.fault == nil && !summary.hasTornTail)
      #expect(summary.counts[.logRepaired] == 1)
      #expect(summary.recordCount == 5)
    }
  }

  @Test("A file that is not such a log is left alone")
  func foreignFile() throws {
    let folder = try TemporaryFolder()
    for text in ["hello\n", "\n", String(repeating: "x", count: 20_000)] {
      try folder.write(Array(text.utf8), to: "notes.txt")
      #expect(throws: StoreError.malformed) {
        try AuditLog(role: .host, path: folder.path + "/notes.txt", unixSeconds: 0)
      }
      #expect(folder.read("notes.txt") == Array(text.utf8))
    }
    let path = try sample(folder)
    #expect(throws: StoreError.malformed) {
      try afterLetGo { try AuditLog(role: .enclave, path: path, unixSeconds: 0) }
    }
  }

  @Test("Two processes cannot write one log")
  func locked() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/audit.ndjson"
    let first = try AuditLog(role: .host, path: path, unixSeconds: 0)
    #expect(throws: StoreError.busy) { try AuditLog(role: .host, path: path, unixSeconds: 0) }
    first.append(.started, unixSeconds: 0)
    #expect(first.isHealthy)
  }

  @Test("A host keeps the enclave's records, whole or with gaps, and a forged one is found")
  func enclaveRecords() throws {
    var lines: [[UInt8]] = []
    let enclave = AuditLog(role: .enclave) { lines.append($0) }
    enclave.append(.started, unixSeconds: 5)
    enclave.append(.keysConfirmed, session: Self.session, unixSeconds: 6)
    enclave.append(.wiped, session: Self.session, unixSeconds: 7)
    func hostLog(_ kept: [[UInt8]]) throws -> AuditSummary {
      var bytes: [UInt8] = []
      let host = AuditLog(role: .host) { bytes += $0 + [0x0a] }
      for line in kept { #expect(host.appendEnclaveRecord(line, unixSeconds: 9)) }
      return AuditVerifier.verify(bytes)
    }
    let all = try hostLog(lines)
    #expect(all.fault == nil && all.missingEnclaveRecords == 0)
    #expect(all.enclaveCounts == [.started: 1, .keysConfirmed: 1, .wiped: 1])
    #expect(try hostLog([lines[0], lines[2], lines[1]]).fault == nil)
    #expect(try hostLog([lines[0], lines[2]]).missingEnclaveRecords == 1)
    var forged = try #require(AuditRecord(line: lines[1]))
    forged.event = .aborted
    let line = Array(forged.line().utf8)
    #expect(try hostLog([lines[0], line, lines[2]]).fault == .brokenEnclaveChain)
    #expect(try hostLog([lines[0], lines[2], line]).fault == .brokenEnclaveChain)
    let host = AuditLog(role: .host) { _ in }
    #expect(!host.appendEnclaveRecord(Array("{}".utf8), unixSeconds: 9))
    #expect(!host.appendEnclaveRecord([0xff, 0x0a], unixSeconds: 9))
  }

  @Test("A host's log of the enclave's records, numbered as wildly as can be, is still judged")
  func wildNumbers() throws {
    var bytes: [UInt8] = []
    let host = AuditLog(role: .host) { bytes += $0 + [0x0a] }
    for number: UInt64 in [.max, 0, .max - 1, 0, 1 << 63, 0, .max, .max - 1] {
      let record = AuditRecord(
        sequence: number, unixSeconds: 5, role: .enclave, event: .wiped, session: nil, blob: nil,
        code: nil, record: nil, previous: [UInt8](repeating: UInt8(number & 3), count: 32))
      #expect(host.appendEnclaveRecord(Array(record.line().utf8), unixSeconds: 9))
    }
    #expect(AuditVerifier.verify(bytes).missingEnclaveRecords == .max)
  }

  @Test("A record that cannot be written makes the log unhealthy and leaves whole lines")
  func fullDisk() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let log = try AuditLog(role: .host, path: folder.path + "/a", unixSeconds: 0)
      ProcessLimits.limitFileSize(1000)
      for _ in 0..<20 { log.append(.evidenceAsked, unixSeconds: 1) }
      #expect(!log.isHealthy)
      let summary = AuditVerifier.verify(path: folder.path + "/a")
      #expect(summary.fault == nil && !summary.hasTornTail && summary.recordCount > 0)
    }
  }
}
