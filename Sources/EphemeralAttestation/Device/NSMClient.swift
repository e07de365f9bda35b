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
}

/// Typed requests over a device that takes and gives bytes (`Spec/Attestation.md §7`).
public struct NSMClient: Sendable {
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
    guard case .describePCR(_, let value) = try ask(.describePCR(index: index)),
      value.count == AttestationDocumentBounds.registerBytes
    else { throw .malformedAnswer }
    return value
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
