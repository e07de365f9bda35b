/// A request to a Nitro Security Module (`Spec/Attestation.md §7`).
public enum NSMRequest: Equatable, Sendable {
  /// What the device is.
  case describeNSM
  /// Random bytes.
  case getRandom
  /// One register and whether it is locked.
  case describePCR(index: UInt16)
  /// Extends a register: SHA-384(old value ‖ data).
  case extendPCR(index: UInt16, data: [UInt8])
  /// Locks a register against extension.
  case lockPCR(index: UInt16)
  /// Locks all registers below `range`.
  case lockPCRs(range: UInt16)
  /// An attestation document.
  case attestation(userData: [UInt8]?, nonce: [UInt8]?, publicKey: [UInt8]?)
}

/// What a device says about itself.
public struct NSMDescription: Equatable, Sendable {
  /// The version's three numbers.
  public var version: (major: UInt16, minor: UInt16, patch: UInt16)
  /// The module's name.
  public var moduleID: String
  /// How many registers it has.
  public var registers: UInt16
  /// The indexes of the locked registers.
  public var locked: [UInt16]
  /// The name of the registers' digest.
  public var digest: String

  /// A description of these values.
  public init(
    version: (major: UInt16, minor: UInt16, patch: UInt16), moduleID: String, registers: UInt16,
    locked: [UInt16], digest: String
  ) {
    self.version = version
    self.moduleID = moduleID
    self.registers = registers
    self.locked = locked
    self.digest = digest
  }

  /// Whether both describe the same device state.
  public static func == (left: Self, right: Self) -> Bool {
    left.version == right.version && left.moduleID == right.moduleID
      && left.registers == right.registers && left.locked == right.locked
      && left.digest == right.digest
  }
}

/// The device's own names for what is wrong with a request.
public enum NSMErrorName: String, Error, CaseIterable, Sendable {
  /// The request cannot be read or has a value out of range.
  case invalidArgument = "InvalidArgument"
  /// There is no such register.
  case invalidIndex = "InvalidIndex"
  /// The device's own answer was not usable.
  case invalidResponse = "InvalidResponse"
  /// The register is locked.
  case readOnlyIndex = "ReadOnlyIndex"
  /// The operation is not possible now.
  case invalidOperation = "InvalidOperation"
  /// The answer does not fit.
  case bufferTooSmall = "BufferTooSmall"
  /// The request is too large.
  case inputTooLarge = "InputTooLarge"
  /// Something inside the device failed.
  case internalError = "InternalError"
}

/// A device's answer.
public enum NSMResponse: Equatable, Sendable {
  /// To ``NSMRequest/describeNSM``.
  case describeNSM(NSMDescription)
  /// To ``NSMRequest/getRandom``.
  case getRandom([UInt8])
  /// To ``NSMRequest/describePCR(index:)``.
  case describePCR(locked: Bool, value: [UInt8])
  /// To ``NSMRequest/extendPCR(index:data:)``: the new value.
  case extendPCR(value: [UInt8])
  /// To ``NSMRequest/lockPCR(index:)``.
  case lockPCR
  /// To ``NSMRequest/lockPCRs(range:)``.
  case lockPCRs
  /// To ``NSMRequest/attestation(userData:nonce:publicKey:)``.
  case attestation(document: [UInt8])
  /// The request was not carried out.
  case error(NSMErrorName)
}

/// The bytes are not a request or an answer of a security module.
public enum NSMFormatError: Error, Equatable, Sendable {
  /// Not the CBOR of `Spec/Attestation.md §7`.
  case malformed
  /// A name that is not in the list.
  case unknownName
}
