import EphemeralSession
import EphemeralWire

/// What file work came to.
enum StoreOutcome {
  /// An upload may begin, or go on, at the offset.
  case ready(offset: UInt64)
  /// Some bytes have been written.
  case written
  /// The blob is stored.
  case stored
  /// The blob was not stored.
  case refused(StoreError)
  /// One chunk was read.
  case chunk(ChunkFields<[UInt8]>)
  /// The chunks cannot be read.
  case unserved(StoreError)
}

/// One connection's uploads, one after the other, written in the background.
final class BlobReceiver {
  private let reactor: any Reactor
  private let store: WeightStore
  private let work: SerialWork
  private var upload: BlobUpload?
  private var generation = 0
  private var waitingBytes = 0

  init(server: HostServer) {
    reactor = server.reactor
    store = server.store
    work = SerialWork(reactor: server.reactor, lane: .blocking)
  }

  /// Whether the client should not be read for a while.
  var isCongested: Bool { waitingBytes > DriverLimits.storeBacklogBytes }

  /// Begins an upload; one that another connection is just letting go of is waited for a while.
  func begin(
    _ blob: BlobID, byteCount: UInt64, attempt: Int = 1,
    then report: @escaping (StoreOutcome) -> Void
  ) {
    let store = store
    let now = reactor.unixSeconds
    let size = Int(clamping: byteCount)
    let current = generation
    work.submit { () -> Result<BlobUpload?, StoreError> in
      do throws(StoreError) {
        return .success(try store.beginUpload(of: blob, byteCount: size, nowSeconds: now))
      } catch {
        return .failure(error)
      }
    } then: { [self] result in
      guard current == generation else { return }
      switch result {
      case .success(let upload):
        self.upload = upload
        report(.ready(offset: UInt64(upload?.offset ?? size)))
      case .failure(.busy) where attempt < DriverLimits.busyAttempts:
        _ = reactor.schedule(afterNanoseconds: DriverLimits.busyPauseNanoseconds) { [self] in
          guard current == generation else { return }
          begin(blob, byteCount: byteCount, attempt: attempt + 1, then: report)
        }
      case .failure(let error): report(.refused(error))
      }
    }
  }

  func write(_ bytes: [UInt8], at offset: UInt64, then report: @escaping (StoreOutcome) -> Void) {
    waitingBytes += bytes.count
    run(report) { (upload) throws(StoreError) in
      try upload.append(bytes, at: Int(clamping: offset))
    } success: { [self] in
      waitingBytes -= bytes.count
      report(.written)
    }
  }

  func finish(then report: @escaping (StoreOutcome) -> Void) {
    run(report) { (upload) throws(StoreError) in
      try upload.finish()
    } success: { [self] in
      upload = nil
      report(.stored)
    }
  }

  /// Lets go of the upload; what came is still written and stays for a resumption.
  func abandon() {
    generation += 1
    upload = nil
    waitingBytes = 0
  }

  private func run(
    _ report: @escaping (StoreOutcome) -> Void,
    _ body: @escaping @Sendable (BlobUpload) throws(StoreError) -> Void,
    success: @escaping () -> Void
  ) {
    guard let upload else { return report(.refused(.outOfOrder)) }
    let current = generation
    work.submit { () -> StoreError? in
      do throws(StoreError) {
        try body(upload)
        return nil
      } catch {
        return error
      }
    } then: { [self] error in
      guard current == generation else { return }
      if let error {
        abandon()
        report(.refused(error))
      } else {
        success()
      }
    }
  }
}

/// One session's weight chunks, read in the background, one ahead of the connection.
final class BlobSender {
  private let server: HostServer
  private let work: SerialWork
  private var ranges: [(range: WeightRange<[UInt8]>, report: (StoreOutcome) -> Void)] = []
  private var blob: (name: BlobID, stored: StoredBlob)?
  private var isReading = false
  private var isDropped = false

  init(server: HostServer) {
    self.server = server
    work = SerialWork(reactor: server.reactor, lane: .blocking)
  }

  /// Adds chunks to be read; the machine bounds how many ranges may be outstanding.
  func add(
    _ range: WeightRange<[UInt8]>, session: [UInt8]?, report: @escaping (StoreOutcome) -> Void
  ) {
    if blob == nil, ranges.isEmpty {
      server.audit?.append(
        .blobServed, session: session, blob: BlobID(range.blobID),
        unixSeconds: server.reactor.unixSeconds)
    }
    ranges.append((range, report))
  }

  /// Forgets everything.
  func drop() {
    isDropped = true
    ranges = []
    blob = nil
    work.dropWaiting()
  }

  /// Reads the next chunk unless one is being read.
  func readNext() {
    guard !isReading, !isDropped, let first = ranges.first else { return }
    isReading = true
    let name = BlobID(first.range.blobID)
    let index = first.range.first
    let opened = blob?.name == name ? blob?.stored : nil
    let store = server.store
    work.submit { () -> Result<(StoredBlob, ChunkFields<[UInt8]>), StoreError> in
      do throws(StoreError) {
        let stored = if let opened { opened } else { try store.open(name) }
        let fields = ChunkFields(
          index: index, header: index == 0 ? try stored.header() : [],
          ciphertext: try stored.chunk(Int(clamping: index)))
        return .success((stored, fields))
      } catch {
        return .failure(error)
      }
    } then: { [self] result in
      isReading = false
      guard !isDropped else { return }
      switch result {
      case .success(let (stored, fields)):
        blob = (name, stored)
        advance()
        first.report(.chunk(fields))
      case .failure(let error):
        ranges = []
        first.report(.unserved(error))
      }
    }
  }

  private func advance() {
    let range = ranges[0].range
    if range.count <= 1 {
      ranges.removeFirst()
    } else {
      ranges[0].range = WeightRange(
        blobID: range.blobID, first: range.first &+ 1, count: range.count - 1)
    }
  }
}
