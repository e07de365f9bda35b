import EphemeralCrypto

/// Why a request to a security module failed.
public enum NSMClientError: Error, Equatable, Sendable {
  /// The device gave no answer.
  case device(AttestationDeviceError)
  /// The device refused, with its own name for the reason.
  case refused(NSMErrorName)
  /// The answer cannot be read, or answers another request.
  case malformedAnswer
  /// A value is larger than this project puts into a document.
  case inputTooLarge
  /// PCR0, PCR1 or PCR2 is zero, so that there is nothing to pin: the enclave is in debug mode.
  case debugMode
  /// A register that should be unlocked and zero is locked.
  case registerLocked
  /// A register that should be zero was extended before.
  case registerUsed
  /// A register has another value than its extension gives.
  case registerValue

  /// One line for people; a refusal is named as the device names it.
  public var message: String {
    switch self {
    case .device(let error): "\(error.message)"
    case .refused(let name): "the attestation device refused: \(name.rawValue)"
    case .malformedAnswer: "the attestation device's answer cannot be read"
    case .inputTooLarge: "the value is too large for an attestation document"
    case .debugMode: "this enclave runs in debug mode: there is nothing to pin"
    case .registerLocked: "the register is locked"
    case .registerUsed: "the register was extended before"
    case .registerValue: "the register has an unexpected value"
    }
  }
}

/// Typed requests over a device that takes and gives bytes (`Spec/Attestation.md §7`).
public struct NSMClient: Sendable {
  /// The register that holds the digest of a policy, the first that an enclave may extend.
  public static let policyRegister: UInt16 = 16

  private let device: any AttestationDevice

  /// A client of `device`.
  public init(_ device: any AttestationDevice) {
    self.device = device
  }

  /// What the device is.
  public func describe() throws(NSMClientError) -> NSMDescription {
    guard case .describeNSM(let description) = try ask(.describeNSM) else {
      throw .malformedAnswer
    }
    return description
  }

  /// Random bytes from the device, as many as it gives: usually 256.
  public func random() throws(NSMClientError) -> [UInt8] {
    guard case .getRandom(let bytes) = try ask(.getRandom), !bytes.isEmpty else {
      throw .malformedAnswer
    }
    return bytes
  }

  /// The value of one register, 48 bytes.
  public func register(_ index: UInt16) throws(NSMClientError) -> [UInt8] {
    try state(of: index).value
  }

  /// Whether a register is locked, and its value, 48 bytes.
  public func state(
    of index: UInt16
  ) throws(NSMClientError) -> (isLocked: Bool, value: [UInt8]) {
    guard case .describePCR(let isLocked, let value) = try ask(.describePCR(index: index)),
      value.count == AttestationDocumentBounds.registerBytes
    else { throw .malformedAnswer }
    return (isLocked, value)
  }

  /// Extends a register and returns its new value, 48 bytes.
  public func extend(_ index: UInt16, with data: [UInt8]) throws(NSMClientError) -> [UInt8] {
    guard data.count <= AttestationDocumentBounds.emittedCallerBytes else { throw .inputTooLarge }
    guard case .extendPCR(let value) = try ask(.extendPCR(index: index, data: data)),
      value.count == AttestationDocumentBounds.registerBytes
    else { throw .malformedAnswer }
    return value
  }

  /// Locks a register against extension.
  public func lock(_ index: UInt16) throws(NSMClientError) {
    guard case .lockPCR = try ask(.lockPCR(index: index)) else { throw .malformedAnswer }
  }

  /// An attestation document that carries these values, as the device gives it.
  ///
  /// - Parameters:
  ///   - userData: at most 512 bytes.
  ///   - nonce: at most 512 bytes.
  ///   - publicKey: at most 1,024 bytes.
  public func attest(
    userData: [UInt8]?, nonce: [UInt8]?, publicKey: [UInt8]?
  ) throws(NSMClientError) -> [UInt8] {
    guard (userData?.count ?? 0) <= AttestationDocumentBounds.emittedCallerBytes,
      (nonce?.count ?? 0) <= AttestationDocumentBounds.emittedCallerBytes,
      (publicKey?.count ?? 0) <= AttestationDocumentBounds.acceptedCallerBytes
    else { throw .inputTooLarge }
    let request = NSMRequest.attestation(userData: userData, nonce: nonce, publicKey: publicKey)
    guard case .attestation(let document) = try ask(request), !document.isEmpty else {
      throw .malformedAnswer
    }
    return document
  }

  /// The pin of the enclave that asks: what `ephml-enclave measure` prints.
  ///
  /// PCR8 is pinned where the image is signed; errors: debugMode, and those of any request.
  public func pin() throws(NSMClientError) -> MeasurementPolicy.Pin {
    let signer = try register(8)
    let image = (try register(0), try register(1), try register(2))
    do throws(PolicyError) {
      return try MeasurementPolicy.Pin(
        pcr0: image.0, pcr1: image.1, pcr2: image.2,
        pcr8: signer.contains { $0 != 0 } ? signer : nil)
    } catch {
      throw .debugMode
    }
  }

  /// Binds a policy to this enclave's documents (`Spec/Boot.md §7`): extends PCR16 by the digest
  /// and locks it.
  ///
  /// - Parameter digest: 48 bytes, SHA-384 of the policy's canonical JSON.
  /// - Throws: registerLocked, registerUsed, registerValue, inputTooLarge for another length, and
  ///   the errors of any request.
  public func bindPolicy(digest: [UInt8]) throws(NSMClientError) {
    guard digest.count == SHA384.byteCount else { throw .inputTooLarge }
    let zero = [UInt8](repeating: 0, count: AttestationDocumentBounds.registerBytes)
    let before = try state(of: Self.policyRegister)
    guard !before.isLocked else { throw .registerLocked }
    guard before.value == zero else { throw .registerUsed }
    guard try extend(Self.policyRegister, with: digest) == SHA384.hash(zero + digest) else {
      throw .registerValue
    }
    try lock(Self.policyRegister)
  }

  private func ask(_ request: NSMRequest) throws(NSMClientError) -> NSMResponse {
    let bytes: [UInt8]
    do throws(AttestationDeviceError) {
      bytes = try device.process(request.encoded())
    } catch {
      throw .device(error)
    }
    let response: NSMResponse
    do throws(NSMFormatError) {
      response = try NSMResponse(decoding: bytes)
    } catch {
      throw .malformedAnswer
    }
    if case .error(let name) = response { throw .refused(name) }
    return response
  }
}
