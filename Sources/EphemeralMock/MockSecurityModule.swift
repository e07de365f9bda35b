public import EphemeralAttestation
import EphemeralCrypto
import Synchronization

/// How a mock device writes the payload map of its documents; genuine devices do both.
public enum MockMapForm: Sendable {
  /// With a definite length, as older devices do.
  case definite
  /// With an indefinite length, as AWS's do now.
  case indefinite
}

/// What a mock device does differently from the usual.
public struct MockOptions: Sendable {
  /// Whether PCR0, PCR1 and PCR2 are zero.
  public var isDebug = false
  /// The form of the payload map.
  public var mapForm = MockMapForm.indefinite
  /// Whether the leaf ended an hour ago.
  public var hasExpiredLeaf = false
  /// Milliseconds since 1970.
  public var clock: @Sendable () -> UInt64 = { MockClock.milliseconds() }

  /// The usual.
  public init() {}
}

/// A device that speaks the bytes of a Nitro Security Module under a root of its own
/// (`Spec/Attestation.md §7, §8`).
///
/// It proves nothing to anybody who does not hold its root, and a Production build refuses its
/// evidence. What it measures is real: the bytes of the running executable.
public final class MockSecurityModule: AttestationDevice {
  /// How many registers the device has; the first sixteen are locked from the start.
  static let registerCount = 32
  private static let lockedFromStart = 16
  private static let randomBytes = 256
  /// A leaf with less than this left is replaced, in seconds.
  private static let renewalSeconds: Int64 = 300

  private struct State {
    var registers: [[UInt8]]
    var locked: [Bool]
    var leaf: MockLeaf?
  }

  /// The device's root.
  public let root: MockRoot
  /// The module's name.
  public let moduleID: String
  private let instanceID: String
  private let image: MockImage
  private let options: MockOptions
  private let state: Mutex<State>

  /// A device that measures `image` under `root`.
  public init(
    root: MockRoot, image: MockImage, options: MockOptions = MockOptions()
  ) throws(MockError) {
    self.root = root
    self.image = image
    self.options = options
    let label = SHA256.hash(Array("ephml-mock/1 instance".utf8) + root.digest)
    instanceID = "i-0" + Hexadecimal.encode(label).prefix(16)
    do throws(CryptoError) {
      moduleID = instanceID + "-enc0" + Hexadecimal.encode(try Entropy.bytes(count: 8)).prefix(15)
    } catch {
      throw .cryptography
    }
    let zero = [UInt8](repeating: 0, count: SHA384.byteCount)
    var registers = [[UInt8]](repeating: zero, count: Self.registerCount)
    if !options.isDebug {
      for (index, value) in image.registers.enumerated() { registers[index] = value }
    }
    registers[4] = RegisterExtension.ofZero(by: Array(instanceID.utf8))
    state = Mutex(
      State(
        registers: registers, locked: (0..<Self.registerCount).map { $0 < Self.lockedFromStart },
        leaf: nil))
  }

  /// The policy that pins this device's image and its root: what `ephml-enclave measure` prints.
  public func policy() throws(PolicyError) -> MeasurementPolicy {
    let registers = image.registers
    let pin = try MeasurementPolicy.Pin(
      pcr0: registers[0], pcr1: registers[1], pcr2: registers[2])
    return try MeasurementPolicy(measurements: [pin], roots: [root.digest])
  }

  /// Carries out one request.
  public func process(_ request: [UInt8]) throws(AttestationDeviceError) -> [UInt8] {
    guard request.count <= AttestationDeviceBounds.requestBytes else { throw .requestTooLarge }
    let parsed: NSMRequest
    do throws(NSMFormatError) {
      parsed = try NSMRequest(decoding: request)
    } catch {
      let name: NSMErrorName = error == .unknownName ? .invalidOperation : .invalidArgument
      return NSMResponse.error(name).encoded()
    }
    return answer(parsed).encoded()
  }

  private func answer(_ request: NSMRequest) -> NSMResponse {
    do throws(NSMErrorName) {
      switch request {
      case .describeNSM: return .describeNSM(description())
      case .getRandom: return .getRandom(try random())
      case .describePCR(let index): return try describe(index)
      case .extendPCR(let index, let data): return try extend(index, data)
      case .lockPCR(let index): return try lock(index)
      case .lockPCRs(let range): return try lockAll(below: range)
      case .attestation(let userData, let nonce, let publicKey):
        return .attestation(document: try document(userData, nonce, publicKey))
      }
    } catch {
      return .error(error)
    }
  }

  private func description() -> NSMDescription {
    let locked = state.withLock { state in
      state.locked.indices.filter { state.locked[$0] }.map { UInt16($0) }
    }
    return NSMDescription(
      version: (1, 0, 0), moduleID: moduleID, registers: UInt16(Self.registerCount),
      locked: locked, digest: "SHA384")
  }

  private func random() throws(NSMErrorName) -> [UInt8] {
    do throws(CryptoError) {
      return try Entropy.bytes(count: Self.randomBytes)
    } catch {
      throw .internalError
    }
  }

  /// The index of a register that exists.
  private func checked(_ index: UInt16) throws(NSMErrorName) -> Int {
    guard index < Self.registerCount else { throw .invalidIndex }
    return Int(index)
  }

  private func describe(_ index: UInt16) throws(NSMErrorName) -> NSMResponse {
    let index = try checked(index)
    return state.withLock {
      .describePCR(locked: $0.locked[index], value: $0.registers[index])
    }
  }

  private func extend(_ index: UInt16, _ data: [UInt8]) throws(NSMErrorName) -> NSMResponse {
    let index = try checked(index)
    guard data.count <= AttestationDocumentBounds.emittedCallerBytes else {
      throw .inputTooLarge
    }
    return try state.withLock { (state) throws(NSMErrorName) -> NSMResponse in
      guard !state.locked[index] else { throw .readOnlyIndex }
      state.registers[index] = SHA384.hash(state.registers[index] + data)
      return .extendPCR(value: state.registers[index])
    }
  }

  private func lock(_ index: UInt16) throws(NSMErrorName) -> NSMResponse {
    let index = try checked(index)
    return try state.withLock { (state) throws(NSMErrorName) -> NSMResponse in
      guard !state.locked[index] else { throw .readOnlyIndex }
      state.locked[index] = true
      return .lockPCR
    }
  }

  private func lockAll(below range: UInt16) throws(NSMErrorName) -> NSMResponse {
    guard range <= Self.registerCount else { throw .invalidIndex }
    state.withLock { state in
      for index in 0..<Int(range) { state.locked[index] = true }
    }
    return .lockPCRs
  }

  private func document(
    _ userData: [UInt8]?, _ nonce: [UInt8]?, _ publicKey: [UInt8]?
  ) throws(NSMErrorName) -> [UInt8] {
    guard (userData?.count ?? 0) <= AttestationDocumentBounds.emittedCallerBytes,
      (nonce?.count ?? 0) <= AttestationDocumentBounds.emittedCallerBytes,
      (publicKey?.count ?? 0) <= AttestationDocumentBounds.acceptedCallerBytes
    else { throw .inputTooLarge }
    let milliseconds = options.clock()
    return try state.withLock { (state) throws(NSMErrorName) -> [UInt8] in
      let leaf = try currentLeaf(&state, now: Int64(clamping: milliseconds / 1000))
      let locked = state.locked.indices.filter { state.locked[$0] }
      let contents = MockDocument(
        moduleID: moduleID, milliseconds: milliseconds,
        registers: locked.map { ($0, state.registers[$0]) }, leaf: leaf, publicKey: publicKey,
        userData: userData, nonce: nonce)
      return try contents.signed(form: options.mapForm)
    }
  }

  /// The leaf that signs now; made on first use and again before it ends.
  private func currentLeaf(_ state: inout State, now: Int64) throws(NSMErrorName) -> MockLeaf {
    if let leaf = state.leaf,
      options.hasExpiredLeaf || now + Self.renewalSeconds <= leaf.notAfter
    {
      return leaf
    }
    // AWS's leaves begin three seconds before they are made.
    let age = options.hasExpiredLeaf ? MockLeaf.lifetimeSeconds + 3600 : 3
    do throws(MockError) {
      let leaf = try MockCertificate.chain(
        under: root, moduleID: moduleID, instanceID: instanceID, now: now, leafStart: now - age)
      state.leaf = leaf
      return leaf
    } catch {
      throw .internalError
    }
  }
}
