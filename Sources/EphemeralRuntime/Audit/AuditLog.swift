import CLinux
import EphemeralCrypto
public import EphemeralWire
import FaultPoints
import Glibc

/// A log of security events in which every record names the hash of the one before.
///
/// Used from one thread. A record is handed to the operating system before the call returns, so
/// that it outlives the process; ``synchronize()`` makes it outlive the machine.
public final class AuditLog {
  /// Where lines go.
  private enum Sink {
    case file(FileBox)
    case forward(([UInt8]) -> Void)
  }

  private final class FileBox {
    let file: File
    var size: Int

    init(file: consuming File, size: Int) {
      self.file = file
      self.size = size
    }
  }

  private let role: AuditRole
  private let sink: Sink
  private var sequence: UInt64 = 0
  /// SHA-256 of the last line: the head of the chain, zeros before the first line.
  public private(set) var head = [UInt8](repeating: 0, count: 32)
  /// False once a record could not be written: no new session may begin then.
  public private(set) var isHealthy = true

  /// A log whose lines go to `forward`, newline not included, as they are made.
  public init(role: AuditRole, forward: @escaping ([UInt8]) -> Void) {
    self.role = role
    sink = .forward(forward)
  }

  /// Opens a file and continues its chain; a line that a crash cut short is taken off.
  ///
  /// - Throws: `malformed` if the file's last whole line is not a record of this role's log,
  ///   `busy` if another process writes it.
  public init(role: AuditRole, path: String, unixSeconds: UInt64) throws(StoreError) {
    let file = try File(path: path, flags: O_RDWR | O_CREAT)
    guard file.tryLock() else { throw .busy }
    let size = try file.size()
    let tail = try AuditLog.tail(of: file, size: size)
    let whole = size - tail.torn
    if let last = tail.last {
      guard let record = AuditRecord(line: last), record.role == role, record.sequence < .max else {
        throw .malformed
      }
      sequence = record.sequence + 1
      head = SHA256.hash(last)
    } else if whole > 0 {
      throw .malformed
    }
    if tail.torn > 0 { try file.truncate(to: whole) }
    self.role = role
    sink = .file(FileBox(file: file, size: whole))
    if tail.torn > 0 { append(.logRepaired, unixSeconds: unixSeconds) }
  }

  /// The last whole line and the number of bytes behind its newline.
  private static func tail(
    of file: borrowing File, size: Int
  ) throws(StoreError) -> (last: [UInt8]?, torn: Int) {
    let window = min(size, 2 * (AuditRecord.maximumLineBytes + 1))
    let bytes = try file.read(at: size - window, count: window)
    guard let end = bytes.lastIndex(of: 0x0a) else {
      guard size <= AuditRecord.maximumLineBytes else { throw .malformed }
      return (nil, size)
    }
    let start = bytes[..<end].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    return (Array(bytes[start..<end]), bytes.count - end - 1)
  }

  /// Adds a record.
  public func append(
    _ event: LoggedEvent, session: [UInt8]? = nil, blob: BlobID? = nil, code: String? = nil,
    record: String? = nil, unixSeconds: UInt64
  ) {
    guard isHealthy, event != .inferred || !planted("audit-record-skipped") else { return }
    let entry = AuditRecord(
      sequence: sequence, unixSeconds: unixSeconds, role: role, event: event, session: session,
      blob: blob?.bytes, code: code, record: record, previous: head)
    let line = Array(entry.line().utf8)
    switch sink {
    case .forward(let forward): forward(line)
    case .file(let box):
      do {
        try box.file.write(line + [0x0a], at: box.size)
        box.size += line.count + 1
      } catch {
        _ = try? box.file.truncate(to: box.size)
        isHealthy = false
        return
      }
    }
    if !planted("audit-number-repeated") { sequence += 1 }
    if !planted("audit-chain-unhashed") { head = SHA256.hash(line) }
  }

  /// Keeps a record of an enclave's log; false if it is not one.
  public func appendEnclaveRecord(_ line: [UInt8], unixSeconds: UInt64) -> Bool {
    guard line.count <= AuditRecord.maximumPlainBytes, let record = AuditRecord(line: line),
      record.role == .enclave
    else { return false }
    append(
      .enclaveRecord, session: record.session,
      record: String(decoding: line, as: UTF8.self), unixSeconds: unixSeconds)
    return true
  }

  /// Waits until all records are on the disk.
  public func synchronize() {
    if case .file(let box) = sink { _ = try? box.file.sync() }
  }
}
