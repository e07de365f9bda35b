import Glibc
import Synchronization

/// Why an enclave cannot scan its memory.
public enum MemoryScanError: Error, Equatable, Sendable {
  /// The file of canaries cannot be read.
  case unreadable
  /// A line is not a name, a mask and masked bytes, or there are too many or no lines.
  case malformed
  /// The report cannot be written.
  case report
}

/// Scans the memory of the process that it is in for canaries, and reports what it finds.
///
/// For the tests of the wipe, in development builds alone (Spec/Memory.md §4). The canaries are
/// kept masked, so that the scanner itself holds none of what it looks for.
public final class MemoryScanner: Sendable {
  private let canaries: [MaskedCanary]
  private let report: Mutex<Int32>

  /// Reads the masked canaries and opens the report, to which each scan appends one line.
  public init(canaries path: String, report: String) throws(MemoryScanError) {
    guard let text = MemoryMap.read(path, maximumBytes: 1 << 20) else { throw .unreadable }
    guard let canaries = MaskedCanary.parse(text) else { throw .malformed }
    let descriptor = unsafe open(report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .report }
    self.canaries = canaries
    self.report = Mutex(descriptor)
  }

  deinit { _ = report.withLock { close($0) } }

  /// Scans now, and appends a line of JSON that says at what `point`.
  ///
  /// A scan that cannot be made or written is a line with an `error`, so that nobody takes silence
  /// for nothing found.
  public func scan(at point: String) {
    report.withLock { descriptor in
      let line = Self.line(point, of: canaries) + "\n"
      let bytes = Array(line.utf8)
      var sent = 0
      while sent < bytes.count {
        // SAFETY: the call reads from the rest of the array.
        let count = unsafe bytes.withUnsafeBytes { buffer in
          unsafe write(descriptor, buffer.baseAddress?.advanced(by: sent), bytes.count - sent)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        sent += count
      }
    }
  }

  private static func line(_ point: String, of canaries: [MaskedCanary]) -> String {
    let began = nanoseconds()
    guard var search = MemorySearch(canaries) else {
      return "{\"point\":\"\(point)\",\"error\":\"no memory for the window\"}"
    }
    guard let regions = MemoryMap.readable() else {
      return "{\"point\":\"\(point)\",\"error\":\"the memory's map cannot be read\"}"
    }
    for region in joined(regions) { search.search(region) }
    let milliseconds = (nanoseconds() - began) / 1_000_000
    let found = zip(canaries, search.hits).map { canary, hits in
      let places = MemoryRegion.Kind.allCases.compactMap { kind in
        hits[kind].map { "\"\(kind.rawValue)\":\($0)" }
      }
      return "{\"name\":\"\(canary.name)\",\"hits\":\(hits.values.reduce(0, +)),"
        + "\"places\":{\(places.joined(separator: ","))}}"
    }
    return "{\"point\":\"\(point)\",\"bytes\":\(search.scannedBytes),"
      + "\"unreadableBytes\":\(search.unreadableBytes),\"regions\":\(regions.count),"
      + "\"milliseconds\":\(milliseconds),\"canaries\":[\(found.joined(separator: ","))]}"
  }

  /// The regions, those joined that follow each other without a gap and are of one kind: a canary
  /// may lie across.
  static func joined(_ regions: [MemoryRegion]) -> [MemoryRegion] {
    var joined: [MemoryRegion] = []
    for region in regions {
      if let last = joined.last, last.end == region.start, last.kind == region.kind {
        joined[joined.count - 1].end = region.end
      } else {
        joined.append(region)
      }
    }
    return joined
  }

  private static func nanoseconds() -> UInt64 {
    var time = timespec()
    // SAFETY: the call fills the local.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
