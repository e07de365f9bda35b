import CLinux
import EphemeralCrypto
import Glibc

/// What is wrong with an audit log.
public enum AuditFault: String, Error, Equatable, Sendable {
  /// The file cannot be read.
  case unreadable
  /// A line is not a record.
  case notARecord
  /// A record does not follow the one before: changed, removed, inserted or swapped.
  case brokenChain
  /// The enclave's records that the host kept contradict each other.
  case brokenEnclaveChain
}

/// What an audit log holds, as far as its chain is whole.
public struct AuditSummary: Equatable, Sendable {
  /// Whole records, chain checked.
  public var recordCount = 0
  /// How often each event stands in the log, the enclave's own ones (kept by a host) apart.
  public var counts: [LoggedEvent: Int] = [:]
  /// The events of enclave records that a host kept.
  public var enclaveCounts: [LoggedEvent: Int] = [:]
  /// Enclave records that never reached the host, seen by the gaps in their numbers.
  public var missingEnclaveRecords = 0
  /// Sessions named.
  public var sessionCount = 0
  /// The first and last record's time, in seconds since 1970.
  public var firstSeconds: UInt64?
  /// See ``firstSeconds``.
  public var lastSeconds: UInt64?
  /// SHA-256 of the last line: compare it with a head that was kept elsewhere.
  public var head = [UInt8](repeating: 0, count: 32)
  /// The file ends in a line without its newline: a crash cut it short.
  public var hasTornTail = false
  /// What is wrong and in which line, counted from 1.
  public var fault: AuditFault?
  /// See ``fault``.
  public var faultLine: Int?
}

/// Checks the chain of an audit log.
public struct AuditVerifier {
  /// Sessions that are told apart; beyond them the count stays.
  private static let sessionMaximum = 100_000
  /// Enclave records that may wait for one with a lower number.
  private static let reorderMaximum = 4096

  private var summary = AuditSummary()
  private var sessions: Set<[UInt8]> = []
  private var line: [UInt8] = []
  private var lineNumber = 0
  private var nextSequence: UInt64 = 0
  private var enclave = EnclaveChain()

  private init() {}

  /// Checks a file.
  public static func verify(path: String) -> AuditSummary {
    var verifier = AuditVerifier()
    do {
      let file = try File(path: path, flags: O_RDONLY)
      var offset = 0
      while verifier.summary.fault == nil {
        let bytes = try file.read(at: offset, count: 1 << 16)
        if bytes.isEmpty { break }
        offset += bytes.count
        verifier.add(bytes)
      }
    } catch {
      verifier.summary.fault = .unreadable
    }
    return verifier.finish()
  }

  /// Checks a log in memory.
  public static func verify(_ bytes: [UInt8]) -> AuditSummary {
    var verifier = AuditVerifier()
    verifier.add(bytes)
    return verifier.finish()
  }

  private mutating func add(_ bytes: [UInt8]) {
    for byte in bytes where summary.fault == nil {
      if byte == 0x0a {
        lineNumber += 1
        check()
        line.removeAll(keepingCapacity: true)
      } else {
        line.append(byte)
        if line.count > AuditRecord.maximumLineBytes { fail(.notARecord, at: lineNumber + 1) }
      }
    }
  }

  private mutating func check() {
    guard let record = AuditRecord(line: line) else { return fail(.notARecord, at: lineNumber) }
    guard record.sequence == nextSequence, record.previous == summary.head else {
      return fail(.brokenChain, at: lineNumber)
    }
    nextSequence += 1
    summary.recordCount += 1
    summary.counts[record.event, default: 0] += 1
    summary.firstSeconds = summary.firstSeconds ?? record.unixSeconds
    summary.lastSeconds = record.unixSeconds
    summary.head = SHA256.hash(line)
    if let session = record.session, sessions.count < Self.sessionMaximum {
      sessions.insert(session)
    }
    guard let text = record.record else { return }
    let inner = Array(text.utf8)
    guard let kept = AuditRecord(line: inner) else { return fail(.notARecord, at: lineNumber) }
    summary.enclaveCounts[kept.event, default: 0] += 1
    guard enclave.add(kept, line: inner) else { return fail(.brokenEnclaveChain, at: lineNumber) }
  }

  private mutating func fail(_ fault: AuditFault, at number: Int) {
    summary.fault = fault
    summary.faultLine = number
  }

  private mutating func finish() -> AuditSummary {
    summary.hasTornTail = summary.fault == nil && !line.isEmpty
    summary.sessionCount = sessions.count
    summary.missingEnclaveRecords = enclave.missing
    return summary
  }

  /// The enclave's records, which come over several connections and so not always in order, and
  /// of which a host may withhold some: two that are neighbours must fit each other.
  private struct EnclaveChain {
    private var hashes: [UInt64: [UInt8]] = [:]
    private var previous: [UInt64: [UInt8]] = [:]
    /// The numbers in `hashes` as they came; those before `forgotten` are out again.
    private var order: [UInt64] = []
    private var forgotten = 0
    private var highest: UInt64?
    private var count: UInt64 = 0
    private var missingBefore = 0

    /// Records not seen of all up to the highest number of each run of the enclave; the numbers
    /// are the host's word, so the sum stops at the largest there is.
    var missing: Int {
      let further = count - (count > 0 ? 1 : 0)
      let here = highest.map { $0 > further ? $0 - further : 0 } ?? 0
      let (sum, overflow) = missingBefore.addingReportingOverflow(Int(clamping: here))
      return overflow ? .max : sum
    }

    mutating func add(_ record: AuditRecord, line: [UInt8]) -> Bool {
      // Number 0 begins a new run of the enclave, whose log lives in memory.
      if record.sequence == 0, highest != nil {
        let before = missing
        self = EnclaveChain()
        missingBefore = before
      }
      let number = record.sequence
      let hash = SHA256.hash(line)
      guard hashes[number] == nil else { return hashes[number] == hash }
      if number > 0, let below = hashes[number - 1], below != record.previous { return false }
      if number < .max, let above = previous[number + 1], above != hash { return false }
      if hashes.count >= AuditVerifier.reorderMaximum { forgetOldest() }
      order.append(number)
      hashes[number] = hash
      previous[number] = record.previous
      highest = max(highest ?? number, number)
      count += 1
      return true
    }

    private mutating func forgetOldest() {
      hashes[order[forgotten]] = nil
      previous[order[forgotten]] = nil
      forgotten += 1
      if forgotten == AuditVerifier.reorderMaximum {
        order.removeFirst(forgotten)
        forgotten = 0
      }
    }
  }
}
