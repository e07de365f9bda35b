import EphemeralWire
import Testing

@testable import EphemeralClient

@Suite("The demo's parts")
struct DemoPartsTests {
  @Test("A canary is found whole, in part, and across pieces of a stream; noise finds none")
  func canaries() {
    let canary = (0..<24).map { UInt8(truncatingIfNeeded: $0 * 89 + 7) }
    let other = (0..<24).map { UInt8(truncatingIfNeeded: $0 * 57 + 201) }
    let scanner = CanaryScanner([
      CanaryScanner.Canary(name: "one", bytes: canary),
      CanaryScanner.Canary(name: "two", bytes: other),
    ])
    let noise = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 >> 3) }
    #expect(scanner.found(in: [noise]) == [])
    #expect(scanner.found(in: [noise + canary + noise]) == ["one"])
    #expect(scanner.found(in: [noise + canary[9..<17], other]) == ["one", "two"])
    #expect(scanner.found(in: [noise + canary[9..<16], noise]) == [])
  }

  @Test("Entropy of nothing, of one value, of all values alike")
  func entropy() {
    #expect(ByteEntropy.bitsPerByte([]) == 0)
    #expect(ByteEntropy.bitsPerByte([7, 7, 7]) == 0)
    #expect(ByteEntropy.bitsPerByte(UInt8.min...UInt8.max) == 8)
    #expect(ByteEntropy.bitsPerByte([0, 1, 0, 1]) == 1)
  }

  @Test("The bundle holds ten digits and the model of the fixtures")
  func bundle() throws {
    let pictures = try #require(DigitPicture.bundled)
    #expect(pictures.count == 10 && BundledDigits.labels == Array(0...9))
    for picture in pictures {
      #expect(picture.rows.count == 8 && picture.rows.allSatisfy { $0.count == 16 })
      #expect(picture.pixels.contains { $0 > 8 } && picture.pixels.allSatisfy { $0 <= 16 })
    }
    let model = try #require(Base64.decode(BundledDigits.model))
    #expect(try FileAccess.read(Fixtures.path("digits.onnx"), maximum: 1 << 20) == model)
  }

  @Test("A child's output, exit code and death are seen")
  func children() throws {
    let folder = try TemporaryFolder()
    let errors = folder.file("errors")
    let echo = try ChildProcess(
      executable: "/bin/sh",
      arguments: ["-c", "echo listening tcp://127.0.0.1:9; echo oops >&2; exit 7"],
      errorFile: errors)
    #expect(try echo.listeningAddress() == "tcp://127.0.0.1:9")
    #expect(echo.wait() == 7)
    #expect(echo.lastError == "oops")
    let sleeper = try ChildProcess(
      executable: "/bin/sleep", arguments: ["1000"], errorFile: errors)
    sleeper.kill()
    #expect(sleeper.wait() == nil)
    #expect(throws: ClientFailure.self) {
      try ChildProcess(executable: "/nonexistent", arguments: [], errorFile: errors)
    }
    let silent = try ChildProcess(executable: "/bin/true", arguments: [], errorFile: errors)
    #expect(throws: ClientFailure.self) { try silent.listeningAddress() }
  }

  @Test("A relay passes frames on, keeps them, and changes what it is told to change")
  func relay() throws {
    let sealed = FrameType.sealed.rawValue
    let chunk = FrameType.weightChunk.rawValue
    for (tampering, type, expected) in [
      (RelayTampering.none, sealed, [[1, 1], [2, 2], [3, 3]] as [[UInt8]]),
      (.replayRequest, sealed, [[1, 1], [2, 2], [2, 2], [3, 3]]),
      (.flipWeightByte, chunk, [[1, 1 ^ 0], [2, 2], [3, 3]]),
    ] {
      let (listener, port) = try LoopbackSocket.listen()
      let relay = try RecordingRelay(to: "tcp://127.0.0.1:\(port)", forward: tampering)
      let relayPort = try #require(relay.address.split(separator: ":").last.flatMap { UInt16($0) })
      let client = try #require(LoopbackSocket.connect(port: relayPort))
      let server = LoopbackSocket.acceptOne(listener)
      for payload in [[1, 1], [2, 2], [3, 3]] as [[UInt8]] {
        #expect(LoopbackSocket.write(client, [0, 0, 0, 2, type] + payload))
      }
      for payload in expected {
        let frame = try #require(LoopbackSocket.read(server, count: 7))
        #expect(frame[..<5] == [0, 0, 0, 2, type])
        if tampering.isFlip, payload[0] == 1 {
          #expect(frame != [0, 0, 0, 2, type, 1, 1])
        } else {
          #expect(Array(frame[5...]) == payload)
        }
      }
      let forward = try #require(relay.recording.first { $0.direction == .forward })
      #expect(forward.frames.count == expected.count)
      #expect(forward.bytes.count == 7 * expected.count)
      LoopbackSocket.close(client)
      #expect(LoopbackSocket.read(server, count: 1) == nil)
      LoopbackSocket.close(server)
      relay.stop()
    }
  }
}
