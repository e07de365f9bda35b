import EphemeralAttestation
import EphemeralCrypto
import Glibc
import Testing

@testable import EphemeralNitro

/// One request of each kind, as the client's own methods make it.
enum ClientCall: CaseIterable {
  case describe, random, register, extend, lock, attest, pin, bindPolicy

  func make(on device: any AttestationDevice) throws(NSMClientError) {
    let client = NSMClient(device)
    switch self {
    case .describe: _ = try client.describe()
    case .random: _ = try client.random()
    case .register: _ = try client.register(4)
    case .extend: _ = try client.extend(17, with: [1])
    case .lock: try client.lock(17)
    case .attest: _ = try client.attest(userData: [1], nonce: nil, publicKey: [2])
    case .pin: _ = try client.pin()
    case .bindPolicy: try client.bindPolicy(digest: [UInt8](repeating: 7, count: 48))
    }
  }
}

@Suite("Errors of the security module")
struct DeviceErrorTests {
  @Test(
    "Each of the device's own errors has its name, whatever was asked",
    arguments: NSMErrorName.allCases, ClientCall.allCases)
  func refusals(name: NSMErrorName, call: ClientCall) {
    let device = ScriptedDevice(.error(name))
    #expect(throws: NSMClientError.refused(name)) { try call.make(on: device) }
    #expect(NSMClientError.refused(name).message.hasSuffix(name.rawValue))
  }

  @Test(
    "Each failure of the driver is passed on, whatever was asked",
    arguments: [
      AttestationDeviceError.unavailable, .requestTooLarge, .failed, .timedOut, .responseTruncated,
    ], ClientCall.allCases)
  func failures(error: AttestationDeviceError, call: ClientCall) {
    let device = ScriptedDevice([.failure(error)])
    #expect(throws: NSMClientError.device(error)) { try call.make(on: device) }
    #expect(!NSMClientError.device(error).message.isEmpty)
  }

  @Test(
    "An error that is in no list, and the answer to another request", arguments: ClientCall.allCases
  )
  func strange(call: ClientCall) {
    let unknown = [0xa1, 0x65] + Array("Error".utf8) + [0x63] + Array("Odd".utf8)
    for answer: ScriptedDevice.Answer in [
      .bytes(unknown), .bytes([]), .bytes([0xff]), .response(.lockPCRs),
      .bytes([UInt8](repeating: 0x61, count: 12_289)),
    ] {
      #expect(throws: NSMClientError.malformedAnswer) {
        try call.make(on: ScriptedDevice([answer]))
      }
    }
  }

  @Test("An answer that is cut anywhere is refused")
  func truncated() {
    let answers: [(ClientCall, NSMResponse)] = [
      (
        .describe,
        .describeNSM(
          NSMDescription(
            version: (1, 0, 0), moduleID: "i-1-enc1", registers: 32, locked: [0, 1],
            digest: "SHA384"))
      ),
      (.random, .getRandom([UInt8](repeating: 9, count: 256))),
      (.register, .describePCR(locked: true, value: [UInt8](repeating: 1, count: 48))),
      (.extend, .extendPCR(value: [UInt8](repeating: 1, count: 48))), (.lock, .lockPCR),
      (.attest, .attestation(document: [UInt8](repeating: 1, count: 4500))),
    ]
    for (call, answer) in answers {
      let whole = answer.encoded()
      #expect(throws: Never.self) { try call.make(on: ScriptedDevice([.bytes(whole)])) }
      for count in Array(0..<min(whole.count, 300)) + [whole.count - 1] {
        #expect(throws: NSMClientError.malformedAnswer) {
          try call.make(on: ScriptedDevice([.bytes(Array(whole[..<count]))]))
        }
      }
      #expect(throws: NSMClientError.malformedAnswer) {
        try call.make(on: ScriptedDevice([.bytes(whole + [0])]))
      }
    }
  }

  @Test(
    "What the operating system's error codes mean",
    arguments: [
      (ENXIO, AttestationDeviceError.unavailable), (ENODEV, .unavailable),
      (EMSGSIZE, .requestTooLarge), (ETIMEDOUT, .timedOut), (EIO, .failed), (ENODATA, .failed),
      (EFAULT, .failed), (EINVAL, .failed), (ENOTTY, .failed), (EINTR, .failed), (0, .failed),
    ])
  func codes(code: Int32, error: AttestationDeviceError) {
    #expect(NitroSecurityModule.error(code) == error)
  }
}

@Suite("Binding a policy to PCR16")
struct PolicyRegisterTests {
  private let digest = (0..<48).map { UInt8($0) }
  private let zero = [UInt8](repeating: 0, count: 48)
  private var extended: [UInt8] { SHA384.hash(zero + digest) }

  @Test("It is looked at, extended, checked and locked, in this order")
  func order() throws {
    let device = ScriptedDevice(
      .describePCR(locked: false, value: zero), .extendPCR(value: extended), .lockPCR)
    try NSMClient(device).bindPolicy(digest: digest)
    #expect(
      device.requests == [
        .describePCR(index: 16), .extendPCR(index: 16, data: digest), .lockPCR(index: 16),
      ])
  }

  @Test("A register that is locked, used, or extends to something else")
  func unusable() {
    let locked = ScriptedDevice(.describePCR(locked: true, value: zero))
    #expect(throws: NSMClientError.registerLocked) {
      try NSMClient(locked).bindPolicy(digest: digest)
    }
    #expect(locked.requests.count == 1)
    let used = ScriptedDevice(.describePCR(locked: false, value: extended))
    #expect(throws: NSMClientError.registerUsed) {
      try NSMClient(used).bindPolicy(digest: digest)
    }
    #expect(used.requests.count == 1)
    let other = ScriptedDevice(
      .describePCR(locked: false, value: zero), .extendPCR(value: zero), .lockPCR)
    #expect(throws: NSMClientError.registerValue) {
      try NSMClient(other).bindPolicy(digest: digest)
    }
    let race = ScriptedDevice(
      .describePCR(locked: false, value: zero), .error(.readOnlyIndex))
    #expect(throws: NSMClientError.refused(.readOnlyIndex)) {
      try NSMClient(race).bindPolicy(digest: digest)
    }
    let last = ScriptedDevice(
      .describePCR(locked: false, value: zero), .extendPCR(value: extended),
      .error(.readOnlyIndex))
    #expect(throws: NSMClientError.refused(.readOnlyIndex)) {
      try NSMClient(last).bindPolicy(digest: digest)
    }
  }

  @Test("A digest of another length is no digest", arguments: [0, 32, 47, 49, 64])
  func length(count: Int) {
    let device = ScriptedDevice(.lockPCR)
    #expect(throws: NSMClientError.inputTooLarge) {
      try NSMClient(device).bindPolicy(digest: [UInt8](repeating: 1, count: count))
    }
    #expect(device.requests.isEmpty)
  }
}
