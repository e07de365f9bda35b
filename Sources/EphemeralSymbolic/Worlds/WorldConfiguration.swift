/// Which world is explored, and its bounds (Spec/Model/World.md §4).
public struct WorldConfiguration: Sendable {
  /// The worlds.
  public enum World: Sendable, Equatable {
    /// One client alone; its environment gives it everything.
    case roleClient
    /// One host alone.
    case roleHost
    /// One enclave alone.
    case roleEnclave
    /// Clients and enclaves, and the attacker alone between them.
    case hostile
    /// Three machines and an honest host.
    case relay
    /// Two worlds as `hostile` that differ in secrets alone.
    case twin
  }

  /// How often weights are decrypted.
  public enum Lifetime: Sendable, Equatable {
    case session
    case perInference
  }

  /// The name.
  public var name: String
  /// The world.
  public var world: World
  /// Clients, 1 or 2.
  public var clients = 1
  /// Enclaves, 1 or 2; all of the pinned measurement.
  public var enclaves = 1
  /// Inferences that a client asks for at most.
  public var requests = 1
  /// Chunks of the weight blob.
  public var chunks = 1
  /// How often weights are decrypted.
  public var lifetime = Lifetime.session
  /// What steps may cost in all.
  public var budget = 0
  /// Whether `deadline` costs nothing and comes in every live state, so that L1 can be judged.
  public var hasFreeDeadlines = false
  /// Whether it is explored only when asked for by name or with `--deep`.
  public var isDeep = false
  /// Faults of the provider, made on purpose.
  public var flaws: SymbolicFlaws = []
  /// Which of many values each secret has; changes nothing that anybody may see.
  public var secretVariant: UInt32 = 0
  /// Secrets that the attacker has from the beginning, by some mishap.
  public var mishap: [(kind: AtomKind, owner: Owner)] = []

  /// A configuration with all its bounds.
  public init(
    _ name: String, _ world: World, clients: Int = 1, enclaves: Int = 1, requests: Int = 1,
    chunks: Int = 1, lifetime: Lifetime = .session, budget: Int, hasFreeDeadlines: Bool = false,
    isDeep: Bool = false
  ) {
    self.name = name
    self.world = world
    self.clients = clients
    self.enclaves = enclaves
    self.requests = requests
    self.chunks = chunks
    self.lifetime = lifetime
    self.budget = budget
    self.hasFreeDeadlines = hasFreeDeadlines
    self.isDeep = isDeep
  }

  /// The configurations that a plain run explores, and the deep ones.
  public static let all: [WorldConfiguration] = [
    WorldConfiguration("role-client", .roleClient, budget: 0),
    WorldConfiguration("role-host", .roleHost, budget: 0),
    WorldConfiguration("role-enclave", .roleEnclave, budget: 0),
    WorldConfiguration("hostile-1", .hostile, budget: 3),
    WorldConfiguration("hostile-2", .hostile, clients: 2, enclaves: 2, budget: 1),
    WorldConfiguration("refetch", .hostile, chunks: 2, lifetime: .perInference, budget: 1),
    WorldConfiguration("splice", .hostile, enclaves: 2, budget: 2),
    WorldConfiguration("live", .hostile, budget: 1, hasFreeDeadlines: true),
    WorldConfiguration("relay", .relay, chunks: 2, budget: 1),
    WorldConfiguration("relay-live", .relay, chunks: 2, budget: 1, hasFreeDeadlines: true),
    WorldConfiguration("relay-honest", .relay, chunks: 2, budget: 0),
    WorldConfiguration("twins", .twin, budget: 2),
    WorldConfiguration("twins-refetch", .twin, chunks: 3, lifetime: .perInference, budget: 1),
    WorldConfiguration("deep-hostile-1", .hostile, requests: 2, budget: 4, isDeep: true),
    WorldConfiguration(
      "deep-hostile-2", .hostile, clients: 2, enclaves: 2, requests: 2, budget: 2, isDeep: true),
    WorldConfiguration(
      "deep-refetch", .hostile, requests: 2, chunks: 2, lifetime: .perInference, budget: 2,
      isDeep: true),
    WorldConfiguration(
      "deep-splice", .hostile, enclaves: 2, requests: 2, budget: 3, isDeep: true),
    WorldConfiguration(
      "deep-relay", .relay, requests: 2, chunks: 2, budget: 2, isDeep: true),
  ]

  /// The configuration of a name.
  public static func named(_ name: String) -> WorldConfiguration? {
    all.first { $0.name == name }
  }

  /// A line about the bounds.
  public var bounds: String {
    switch world {
    case .roleClient, .roleHost, .roleEnclave: return "one role"
    case .hostile, .relay, .twin:
      let life = lifetime == .session ? "session" : "perInference"
      return "\(clients)c \(enclaves)e r\(requests) k\(chunks) \(life) b\(budget)"
    }
  }
}
