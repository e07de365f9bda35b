import EphemeralAttestation
import EphemeralCrypto
import EphemeralMock
import EphemeralWire
import Testing

@testable import EphemeralNitro

/// A device that answers with fixed bytes.
private struct FixedDevice: AttestationDevice {
  let answer: [UInt8]

  func process(_ request: [UInt8]) throws(AttestationDeviceError) -> [UInt8] { answer }
}

@Suite("Security module messages")
struct MessageTests {
  @Test("Requests have the bytes that the device takes")
  func requests() throws {
    #expect(NSMRequest.describeNSM.encoded() == [0x6b] + Array("DescribeNSM".utf8))
    #expect(NSMRequest.getRandom.encoded() == [0x69] + Array("GetRandom".utf8))
    let describe: [UInt8] =
      [0xa1, 0x6b] + Array("DescribePCR".utf8) + [0xa1, 0x65] + Array("index".utf8) + [0x04]
    #expect(NSMRequest.describePCR(index: 4).encoded() == describe)
    let attestation: [UInt8] =
      [0xa1, 0x6b] + Array("Attestation".utf8) + [0xa3, 0x69] + Array("user_data".utf8)
      + [0x41, 1, 0x65] + Array("nonce".utf8) + [0xf6, 0x6a] + Array("public_key".utf8)
      + [0x42, 2, 3]
    #expect(
      NSMRequest.attestation(userData: [1], nonce: nil, publicKey: [2, 3]).encoded()
        == attestation)
  }

  @Test("Requests and answers survive the round trip")
  func roundTrips() throws {
    let requests: [NSMRequest] = [
      .describeNSM, .getRandom, .describePCR(index: 31), .extendPCR(index: 16, data: [1, 2]),
      .lockPCR(index: 16), .lockPCRs(range: 32),
      .attestation(userData: nil, nonce: [], publicKey: [UInt8](repeating: 1, count: 1024)),
    ]
    for request in requests {
      #expect(try NSMRequest(decoding: request.encoded()) == request)
    }
    let answers: [NSMResponse] =
      [
        .describeNSM(
          NSMDescription(
            version: (1, 2, 3), moduleID: "m", registers: 32, locked: [0, 31], digest: "SHA384")),
        .getRandom([1]), .describePCR(locked: true, value: [1]), .extendPCR(value: [2]), .lockPCR,
        .lockPCRs, .attestation(document: [3]),
      ] + NSMErrorName.allCases.map { .error($0) }
    for answer in answers {
      #expect(try NSMResponse(decoding: answer.encoded()) == answer)
    }
  }

  @Test("Answers are read in any order of keys and with indefinite lengths")
  func looseAnswers() throws {
    let lock: [UInt8] = [0x64] + Array("lock".utf8) + [0xf4]
    let data: [UInt8] = [0x64] + Array("data".utf8) + [0x41, 9]
    let name: [UInt8] = [0x6b] + Array("DescribePCR".utf8)
    let expected = NSMResponse.describePCR(locked: false, value: [9])
    #expect(try NSMResponse(decoding: [0xa1] + name + [0xa2] + lock + data) == expected)
    #expect(try NSMResponse(decoding: [0xa1] + name + [0xa2] + data + lock) == expected)
    #expect(
      try NSMResponse(decoding: [0xbf] + name + [0xbf] + data + lock + [0xff, 0xff]) == expected)
    for wrong: [UInt8] in [
      [0xa1] + name + [0xa2] + data + data, [0xa1] + name + [0xa1] + data,
      [0xa1] + name + [0xa3] + lock + data + [0x61, 0x61, 0xf6], [0xa1] + name + [0xf6], name, [],
      [0xa0], [0xa1] + name + [0xa2] + lock + data + [0],
    ] {
      #expect(throws: NSMFormatError.malformed) { try NSMResponse(decoding: wrong) }
    }
    #expect(throws: NSMFormatError.unknownName) {
      try NSMResponse(decoding: [0xa1, 0x65] + Array("Error".utf8) + [0x61, 0x61])
    }
    #expect(throws: NSMFormatError.malformed) {
      try NSMResponse(decoding: [UInt8](repeating: 0, count: 12_289))
    }
  }

  @Test("A client takes only the answer to what it asked")
  func wrongAnswers() throws {
    let random = NSMClient(FixedDevice(answer: NSMResponse.getRandom([1]).encoded()))
    #expect(try random.random() == [1])
    #expect(throws: NSMClientError.malformedAnswer) { try random.describe() }
    #expect(throws: NSMClientError.malformedAnswer) { try random.register(0) }
    #expect(throws: NSMClientError.malformedAnswer) { try random.lock(16) }
    let short = NSMClient(
      FixedDevice(answer: NSMResponse.describePCR(locked: true, value: [1]).encoded()))
    #expect(throws: NSMClientError.malformedAnswer) { try short.register(0) }
    let full = NSMResponse.attestation(document: [UInt8](repeating: 1, count: 9000)).encoded()
    for count in [0, 1, 20, full.count - 1] {
      let cut = NSMClient(FixedDevice(answer: Array(full[..<count])))
      #expect(throws: NSMClientError.malformedAnswer) {
        try cut.attest(userData: nil, nonce: nil, publicKey: nil)
      }
    }
    #expect(throws: NSMClientError.inputTooLarge) {
      try random.attest(userData: [UInt8](repeating: 0, count: 513), nonce: nil, publicKey: nil)
    }
  }
}

@Suite("Mock security module")
struct MockDeviceTests {
  private let mock: MockEvidence
  private var client: NSMClient { NSMClient(mock.device) }

  init() throws { mock = try MockEvidence() }

  @Test("It describes itself")
  func describes() throws {
    let description = try client.describe()
    #expect(description.registers == 32)
    #expect(description.locked == Array(0..<16))
    #expect(description.digest == "SHA384")
    #expect(description.moduleID == mock.device.moduleID)
    #expect(try client.random().count == 256)
    #expect(try client.random() != client.random())
  }

  @Test("Its registers follow the documented derivations")
  func registers() throws {
    func extend(_ data: [UInt8]) -> [UInt8] {
      SHA384.hash([UInt8](repeating: 0, count: 48) + data)
    }
    let image = SHA384.hash([1, 2, 3])
    #expect(try client.register(0) == extend(image))
    #expect(try client.register(1) == extend(SHA384.hash(Array("ephml-mock/1 kernel".utf8))))
    #expect(
      try client.register(2)
        == extend(SHA384.hash(Array("ephml-mock/1 application".utf8) + image)))
    #expect(try client.register(3) == [UInt8](repeating: 0, count: 48))
    let instance = try #require(mock.device.moduleID.split(separator: "-enc").first)
    #expect(instance.count == 19)
    #expect(try client.register(4) == extend(Array(instance.utf8)))
    #expect(try client.register(8) == [UInt8](repeating: 0, count: 48))
  }

  @Test("It measures what its policy pins, unless it is in debug mode")
  func pins() throws {
    #expect(try mock.policy().measurements == [client.pin()])
    let debug = try MockEvidence { $0.isDebug = true }
    #expect(throws: NSMClientError.debugMode) { try NSMClient(debug.device).pin() }
  }

  @Test("Registers are extended until they are locked; locked ones are in documents")
  func extending() throws {
    let first = try client.extend(16, with: [1])
    #expect(first == SHA384.hash([UInt8](repeating: 0, count: 48) + [1]))
    #expect(try client.extend(16, with: [2]) == SHA384.hash(first + [2]))
    let open = try AttestationDocument(unverified: try mock.document())
    #expect(open.measurements.count == 16)
    try client.lock(16)
    #expect(throws: NSMClientError.refused(.readOnlyIndex)) { try client.extend(16, with: [3]) }
    #expect(throws: NSMClientError.refused(.readOnlyIndex)) { try client.lock(16) }
    #expect(throws: NSMClientError.refused(.readOnlyIndex)) { try client.extend(0, with: [3]) }
    #expect(throws: NSMClientError.refused(.invalidIndex)) { try client.register(32) }
    let locked = try AttestationDocument(unverified: try mock.document())
    #expect(locked.measurements.count == 17)
    #expect(locked.measurements[16] == SHA384.hash(first + [2]))
    let answer = try mock.device.process(NSMRequest.lockPCRs(range: 32).encoded())
    #expect(try NSMResponse(decoding: answer) == .lockPCRs)
    #expect(try client.describe().locked.count == 32)
  }

  @Test("Bad requests get the device's own error names")
  func badRequests() throws {
    func answer(_ request: [UInt8]) throws -> NSMResponse {
      try NSMResponse(decoding: mock.device.process(request))
    }
    #expect(try answer([]) == .error(.invalidArgument))
    #expect(try answer([0xff]) == .error(.invalidArgument))
    #expect(try answer([0x63] + Array("Fly".utf8)) == .error(.invalidOperation))
    let large = NSMRequest.attestation(
      userData: [UInt8](repeating: 0, count: 513), nonce: nil, publicKey: nil)
    #expect(try answer(large.encoded()) == .error(.inputTooLarge))
    #expect(throws: AttestationDeviceError.requestTooLarge) {
      try mock.device.process([UInt8](repeating: 0, count: 4097))
    }
  }

  @Test("The largest document fits the device's buffer")
  func largestDocument() throws {
    let response = try mock.device.process(
      NSMRequest.attestation(
        userData: [UInt8](repeating: 1, count: 512), nonce: [UInt8](repeating: 2, count: 512),
        publicKey: [UInt8](repeating: 3, count: 1024)
      ).encoded())
    #expect(response.count < AttestationDeviceBounds.responseBytes)
  }

  @Test("The running executable can be measured")
  func executable() throws {
    let image = try MockImage.runningExecutable()
    #expect(image == (try MockImage(file: "/proc/self/exe")))
    #expect(image != MockImage(bytes: []))
    #expect(throws: MockError.image) { try MockImage(file: "/nowhere/at/all") }
  }
}

@Suite("Real security module")
struct NitroDeviceTests {
  @Test("No device, and a file that is none")
  func absent() throws {
    #expect(throws: AttestationDeviceError.unavailable) {
      try NitroSecurityModule(path: "/nowhere/nsm")
    }
    let device = try NitroSecurityModule(path: "/dev/null")
    #expect(throws: AttestationDeviceError.failed) {
      try device.process(NSMRequest.describeNSM.encoded())
    }
    #expect(throws: AttestationDeviceError.requestTooLarge) {
      try device.process([UInt8](repeating: 0, count: 4097))
    }
  }

  @Test("Answers that fill the buffer, or say that they are longer, are not believed")
  func lengths() throws {
    let buffer: [UInt8] = [1, 2, 3, 4]
    #expect(try NitroSecurityModule.trim(buffer, to: 3) == [1, 2, 3])
    #expect(throws: AttestationDeviceError.responseTruncated) {
      try NitroSecurityModule.trim(buffer, to: 4)
    }
    #expect(throws: AttestationDeviceError.responseTruncated) {
      try NitroSecurityModule.trim(buffer, to: .max)
    }
    #expect(throws: AttestationDeviceError.failed) {
      try NitroSecurityModule.trim(buffer, to: 0)
    }
    #expect(throws: AttestationDeviceError.failed) {
      try NitroSecurityModule.trim(buffer, to: -1)
    }
  }
}
