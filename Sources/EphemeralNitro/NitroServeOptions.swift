import EphemeralAttestation
import EphemeralRuntime

/// What `serve` does in a real enclave before it listens (`Spec/Boot.md §7, §8`).
struct NitroServeOptions: Equatable {
  /// The parent instance's context id on AWS.
  static let standardParent = 3
  /// Where the parent waits for a heartbeat.
  static let standardHeartbeatPort = 9000
  /// The bytes of a policy's digest, SHA-384.
  static let digestBytes = 48

  static let specifications: [OptionSpecification] = [
    .option("--parent", "CID", "The context id of the parent; \(standardParent) if absent."),
    .option(
      "--heartbeat", "PORT|none",
      """
      Where the parent waits for the sign of life; \(standardHeartbeatPort) if absent, none if \
      another init has sent it.
      """),
    .option(
      "--policy-digest", "HEX",
      "Extend PCR16 by this SHA-384 digest of a policy, and lock it."),
  ]

  /// Where the heartbeat goes; nil for nowhere.
  let heartbeat: Address?
  /// What PCR16 is extended by; nil for nothing.
  let policyDigest: [UInt8]?

  /// Reads the options.
  ///
  /// - Parameter sendsHeartbeat: whether one is sent without an option.
  init(_ command: ParsedCommand, sendsHeartbeat: Bool) throws(ServerFailure) {
    let highest = Int(UInt32.max)
    do throws(UsageError) {
      let parent = try command.integer(
        "--parent", in: 0...highest, default: Self.standardParent)
      let isSent =
        command.has("--heartbeat") ? command.value("--heartbeat") != "none" : sendsHeartbeat
      if isSent {
        let port = try command.integer(
          "--heartbeat", in: 1...highest, default: Self.standardHeartbeatPort)
        heartbeat = .vsock(cid: UInt32(parent), port: UInt32(port))
      } else {
        heartbeat = nil
      }
    } catch {
      throw ServerFailure(error.message, exitCode: .usage)
    }
    guard let text = command.value("--policy-digest") else {
      policyDigest = nil
      return
    }
    guard let digest = Hexadecimal.decode(text), digest.count == Self.digestBytes else {
      throw ServerFailure(
        "--policy-digest: \(Self.digestBytes * 2) hexadecimal digits are needed",
        exitCode: .usage)
    }
    policyDigest = digest
  }

  /// Binds the policy, then tells the parent.
  func prepare(_ module: NSMClient, over reactor: any Reactor) throws(ServerFailure) {
    if let policyDigest {
      do throws(NSMClientError) {
        try module.bindPolicy(digest: policyDigest)
      } catch {
        throw ServerFailure("PCR\(NSMClient.policyRegister): \(error.message)")
      }
    }
    guard let heartbeat else { return }
    do throws(HeartbeatError) {
      try Heartbeat.send(to: heartbeat, over: reactor)
    } catch {
      throw ServerFailure("\(heartbeat): \(error.message)", exitCode: .peer)
    }
  }
}
