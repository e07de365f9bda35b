public import EphemeralSession
import EphemeralWire

/// The untrusted side: takes clients, stores blobs, relays sessions, logs.
///
/// Everything runs on the reactor's thread but file work, which goes to the blocking lane.
public final class HostServer {
  /// What a host is set up with.
  public struct Options {
    /// Where the enclave listens.
    public var enclave: Address
    /// Connections served at once; one more gets an Abort `busy`.
    public var maximumClients = DriverLimits.standardClients
    /// The phases' deadlines.
    public var deadlines = SessionDeadlines()
    /// Told each transition, for checking real runs against the tables; nobody if nil.
    public var trace: TransitionTrace?

    /// The defaults above.
    public init(enclave: Address) { self.enclave = enclave }
  }

  let reactor: any Reactor
  let store: WeightStore
  let audit: AuditLog?
  let options: Options
  private var listener: (any StreamListener)?
  private var connections: [Int: HostConnection] = [:]
  private var nextConnection = 0
  private var refusals: [Int: RefusedConnection] = [:]
  private var isStopping = false

  /// A host that does not listen yet.
  public init(reactor: any Reactor, store: WeightStore, audit: AuditLog?, options: Options) {
    self.reactor = reactor
    self.store = store
    self.audit = audit
    self.options = options
  }

  /// Clients connected now.
  public var clientCount: Int { connections.count }

  /// Whether nothing is left to be finished.
  public var isIdle: Bool { connections.isEmpty && refusals.isEmpty }

  /// Begins to serve; returns the real address.
  public func start(at address: Address) throws(ReactorError) -> Address {
    let listener = try reactor.listen(at: address) { [self] stream in accept(stream) }
    self.listener = listener
    audit?.append(.started, unixSeconds: reactor.unixSeconds)
    return listener.address
  }

  /// Takes no new clients and ends all sessions; ``isIdle`` tells when that is done.
  public func stop() {
    guard !isStopping else { return }
    isStopping = true
    listener?.close()
    for number in connections.keys.sorted() { connections[number]?.cancel() }
    audit?.append(.stopped, unixSeconds: reactor.unixSeconds)
    audit?.synchronize()
  }

  private func accept(_ stream: any ByteStream) {
    let number = nextConnection
    nextConnection += 1
    let hasRoom = connections.count < options.maximumClients
    guard hasRoom, !isStopping, audit?.isHealthy ?? true else {
      guard refusals.count < DriverLimits.refusals else { return stream.abort() }
      audit?.append(.sessionRefused, code: "busy", unixSeconds: reactor.unixSeconds)
      refusals[number] = RefusedConnection(stream: stream, code: .busy) { [self] in
        refusals[number] = nil
      }
      return
    }
    connections[number] = HostConnection(server: self, number: number, stream: stream)
  }

  func forget(_ number: Int) { connections[number] = nil }
}
