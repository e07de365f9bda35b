public import EphemeralAttestation

/// An attestation device that has been opened.
public struct EnclaveDevice {
  /// The device.
  public let device: any AttestationDevice
  /// The policy that pins the very enclave that the device attests, as JSON.
  public let policy: () throws(ServerFailure) -> String

  /// Groups the two.
  public init(
    device: any AttestationDevice, policy: @escaping () throws(ServerFailure) -> String
  ) {
    self.device = device
    self.policy = policy
  }
}

/// What differs between a development enclave and a real one.
public struct EnclavePlatform {
  /// What is left to do between the opened device and the first connection.
  public typealias Preparation =
    (any AttestationDevice, any Reactor) throws(ServerFailure) -> Void

  /// Its own options, for all commands.
  public var options: [OptionSpecification]
  /// Its own options for `serve` alone.
  public var serveOptions: [OptionSpecification] = []
  /// An address for the help's example.
  public var exampleAddress: String
  /// Whether a machine that cannot lock memory or forbid dumps is refused.
  public var requiresGuards: Bool
  /// Opens the attestation device.
  public var open: (ParsedCommand) throws(ServerFailure) -> EnclaveDevice
  /// Reads the options of `serve`; what it returns is done right before the server listens.
  public var prepareServing: (ParsedCommand) throws(ServerFailure) -> Preparation =
    { (_) throws(ServerFailure) in { (_, _) throws(ServerFailure) in } }

  #if Mock
    /// Reads the options of `serve`; what it returns is told the points that sessions come to.
    public var watch: (ParsedCommand) throws(ServerFailure) -> MemoryWatch? =
      { (_) throws(ServerFailure) in nil }
  #endif

  /// A platform with nothing to prepare.
  public init(
    options: [OptionSpecification], exampleAddress: String, requiresGuards: Bool,
    open: @escaping (ParsedCommand) throws(ServerFailure) -> EnclaveDevice
  ) {
    self.options = options
    self.exampleAddress = exampleAddress
    self.requiresGuards = requiresGuards
    self.open = open
  }
}
