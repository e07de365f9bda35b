import EphemeralModel
import EphemeralRuntime
import EphemeralSession
import EphemeralWire
import Foundation
import TestSupport
import Testing

@testable import EphemeralClient

/// Many sessions through one enclave and one host.
@Suite("Many sessions at once")
struct ManySessionsTests {
  /// Sessions that an enclave holds unless told otherwise.
  private static let count = 64
  /// Enough for the memory that as many small models are admitted with.
  private static let memory = ["--memory", "\(8 << 30)"]

  @Test("64 sessions with distinct models each get their own right answers; a 65th is told busy")
  func distinct() throws {
    let lobby = try Lobby(Servers.Options(enclave: Self.memory))
    let guests = try (0...Self.count).map { number in
      try Guest(
        number: UInt64(number),
        model: Perceptron(seed: UInt64(1000 + number), width: 8 + number % 5, depth: 2), in: lobby)
    }
    let (seated, late) = (guests.dropLast(), guests[Self.count])
    for guest in seated {
      // Half-open sessions have little time: not all at the same moment on a slow machine.
      lobby.wait { seated.count { $0.isOnTheWay } >= 16 }
      try guest.begin(in: lobby)
    }
    lobby.wait { seated.contains { $0.isOnTheWay } }
    try #require(seated.allSatisfy { $0.isReady })
    #expect(Set(seated.compactMap { $0.run?.sessionID }).count == Self.count)

    try askAll(seated, 0, in: lobby)
    let input = lobby.servers.folder.file("x.npy")
    let tensor = late.model.input(seed: 7)
    try FileAccess.write(NumPyFormat.encode(tensor), to: input)
    let arguments = lobby.servers.inferArguments(
      topology: late.topology, input: "x=" + input,
      ["--output", lobby.servers.folder.file("late")])
    for _ in 0..<5 {
      let refused = try Run.toEnd("ephml-client", arguments, in: lobby.servers.folder)
      #expect(refused.exitCode == 4)
      #expect(try refused.onlyError().contains("busy"))
    }
    try askAll(seated, 1, in: lobby)

    for guest in seated { guest.run?.finish() }
    lobby.wait { seated.contains { $0.run?.outcome == nil } }
    for guest in seated {
      #expect(guest.run?.outcome == .completed)
      #expect(guest.run?.wipeReport != nil)
      let events = try Lobby.events(
        in: lobby.servers.enclaveAudit, session: try #require(guest.run?.sessionID))
      #expect(
        events == [
          "evidenceAsked", "keysConfirmed", "topologyAccepted", "blobKept", "assembled",
          "inferred", "inferred", "wiped",
        ])
    }
    let seatedNow = try Run.toEnd("ephml-client", arguments, in: lobby.servers.folder)
    #expect(seatedNow.exitCode == 0, "\(seatedNow.errors)")
    let output = try NumPyFormat.decode(
      try FileAccess.read(lobby.servers.folder.file("late/y.npy"), maximum: 1 << 20))
    #expect(output.isClose(to: late.model.answer(tensor)))
  }

  /// All guests ask at once; each gets its own right answer, which is nobody else's.
  private func askAll(_ guests: ArraySlice<Guest>, _ index: Int, in lobby: Lobby) throws {
    for guest in guests { try guest.ask(index) }
    lobby.wait { guests.contains { $0.run?.hasResult == false && $0.run?.outcome == nil } }
    let right = guests.map { $0.rightAnswer(index) }
    for (number, guest) in guests.enumerated() {
      let answer = try guest.takeAnswer()
      #expect(answer.isClose(to: right[number]), "guest \(number)")
      #expect(!answer.isClose(to: right[(number + 1) % right.count]), "guest \(number)")
    }
  }

  @Test("A model too large for the memory, and one too many, are refused and disturb nobody")
  func memory() throws {
    // Two small models fit, each with the working memory that every session gets.
    let lobby = try Lobby(Servers.Options(enclave: ["--memory", "\(140 << 20)"]))
    let folder = lobby.servers.folder
    let guests = try (0..<3).map { number in
      try Guest(
        number: UInt64(number), model: Perceptron(seed: UInt64(number), width: 16, depth: 1),
        in: lobby)
    }
    let seated = guests[..<2]
    for guest in seated { try guest.begin(in: lobby) }
    lobby.wait { seated.contains { $0.isOnTheWay } }
    try #require(seated.allSatisfy { $0.isReady })

    try makeLargeModel(folder.file("large.onnx"), weightBytes: 80 << 20)
    let made = try Run.client(
      "decompose", folder.file("large.onnx"), "--out", folder.file("large"), in: folder)
    try #require(made.exitCode == 0, "\(made.errors)")
    let large = try #require(
      TensorValue(elementType: .int64, shape: [1], bytes: [UInt8](repeating: 0, count: 8)))
    try FileAccess.write(NumPyFormat.encode(large), to: folder.file("index.npy"))
    let small = guests[2].model.input(seed: 1)
    try FileAccess.write(NumPyFormat.encode(small), to: folder.file("x.npy"))
    for (topology, input, word) in [
      (folder.file("large.ephk"), "index.npy", "tooLarge"), (guests[2].topology, "x.npy", "busy"),
    ] {
      let run = try Run.toEnd(
        "ephml-client",
        lobby.servers.inferArguments(topology: topology, input: "x=" + folder.file(input)),
        in: folder)
      #expect(run.exitCode == 4)
      #expect(try run.onlyError().contains(word), "\(run.errors)")
    }
    try askAll(seated, 0, in: lobby)
    for guest in seated { guest.run?.finish() }
    lobby.wait { seated.contains { $0.run?.outcome == nil } }
    #expect(seated.allSatisfy { $0.run?.outcome == .completed })

    let run = try Run.toEnd(
      "ephml-client",
      lobby.servers.inferArguments(
        topology: guests[2].topology, input: "x=" + folder.file("x.npy")), in: folder)
    #expect(run.exitCode == 0, "\(run.errors)")
  }

  /// A table of zeros as external data: nothing of it needs to be written.
  private func makeLargeModel(_ path: String, weightBytes: Int) throws {
    try FileAccess.write([], to: path + ".data")
    let data = try #require(FileHandle(forWritingAtPath: path + ".data"))
    try data.truncate(atOffset: UInt64(weightBytes))
    try data.close()
    let columns = 256
    let table = ONNX.tensor("w", shape: [weightBytes / 4 / columns, columns]) { tensor in
      tensor.field(13) {
        $0.field(1, text: "location")
        $0.field(2, text: "large.onnx.data")
      }
      tensor.field(14, int: 1)
    }
    let model = ONNX.model(
      graph: ONNX.graph(
        nodes: [ONNX.node("Gather", ["w", "x"], ["y"])], initializers: [table],
        inputs: [ONNX.value("x", type: 7, shape: [nil])],
        outputs: [ONNX.value("y", shape: [nil, columns])]))
    try FileAccess.write(model, to: path)
  }
}
