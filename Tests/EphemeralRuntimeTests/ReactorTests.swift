import Testing

@testable import EphemeralRuntime
import EphemeralSimulation

/// The same expectations of both reactors: what holds in a simulation holds over sockets.
@Suite("Reactors")
struct ReactorTests {
  enum Kind: CaseIterable, Sendable { case sockets, simulation }

  static func make(_ kind: Kind) throws -> any Reactor {
    switch kind {
    case .sockets: try EventLoop(computeThreads: 2)
    case .simulation: SimulatedReactor(seed: 7, unixSeconds: 1_795_000_000)
    }
  }

  static let any = Address.tcp(.loopback, port: 0)

  @Test("Bytes go both ways in order, and each side hears the end once", arguments: Kind.allCases)
  func echo(kind: Kind) throws {
    let reactor = try Self.make(kind)
    let server = StreamProbe()
    server.onReceive = { stream, bytes in stream.write(bytes) }
    let listener = try reactor.listen(at: Self.any) { $0.handler = server }
    #expect(listener.address != Self.any)
    let client = StreamProbe()
    let stream = try reactor.connect(to: listener.address)
    stream.handler = client
    let message = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    stream.write(message)
    reactor.run { client.received.count < message.count }
    #expect(client.received == message)
    stream.close()
    reactor.run { client.end == nil || server.end == nil }
    #expect(client.end == .closedHere)
    #expect(server.end == .closedByPeer)
  }

  @Test(
    "What was written before a close arrives, although the peer is still sending",
    arguments: Kind.allCases)
  func lastWords(kind: Kind) throws {
    let reactor = try Self.make(kind)
    let server = StreamProbe()
    server.onReceive = { stream, _ in
      stream.write([9, 9, 9])
      stream.close()
    }
    let listener = try reactor.listen(at: Self.any) { $0.handler = server }
    let client = StreamProbe()
    let stream = try reactor.connect(to: listener.address)
    stream.handler = client
    stream.write([UInt8](repeating: 1, count: 2_000_000))
    reactor.run { client.end == nil }
    #expect(client.received == [9, 9, 9])
  }

  @Test("A side that has finished writing still hears the other", arguments: Kind.allCases)
  func halfClose(kind: Kind) throws {
    let reactor = try Self.make(kind)
    let server = StreamProbe()
    server.closesWithPeer = false
    var accepted: (any ByteStream)?
    let listener = try reactor.listen(at: Self.any) {
      $0.handler = server
      accepted = $0
    }
    let client = StreamProbe()
    let stream = try reactor.connect(to: listener.address)
    stream.handler = client
    stream.write([1, 2, 3])
    stream.finishWriting()
    stream.write([4])
    reactor.run { !server.peerHasFinished }
    #expect(server.received == [1, 2, 3])
    accepted?.write([5, 6])
    reactor.run { client.received.count < 2 }
    #expect(client.received == [5, 6])
    #expect(client.end == nil && server.end == nil)
    accepted?.close()
    reactor.run { client.end == nil || server.end == nil }
    #expect(server.end == .closedByPeer)
  }

  @Test("Nobody listens: unreachable", arguments: Kind.allCases)
  func unreachable(kind: Kind) throws {
    let reactor = try Self.make(kind)
    let listener = try reactor.listen(at: Self.any) { _ in }
    let address = listener.address
    listener.close()
    let client = StreamProbe()
    let stream = try reactor.connect(to: address)
    stream.handler = client
    reactor.run { client.end == nil }
    #expect(client.end == .unreachable)
  }

  @Test("A port in use is an error of its own", arguments: Kind.allCases)
  func inUse(kind: Kind) throws {
    let reactor = try Self.make(kind)
    let listener = try reactor.listen(at: Self.any) { _ in }
    #expect(throws: ReactorError.addressInUse) {
      _ = try reactor.listen(at: listener.address) { _ in }
    }
    listener.close()
  }

  @Test(
    "A reader that pauses stops its writer, and the writer hears when it may go on",
    arguments: Kind.allCases)
  func backPressure(kind: Kind) throws {
    let reactor = try Self.make(kind)
    let server = StreamProbe()
    var accepted: (any ByteStream)?
    let listener = try reactor.listen(at: Self.any) { stream in
      stream.handler = server
      stream.pauseReading()
      accepted = stream
    }
    let client = StreamProbe()
    let stream = try reactor.connect(to: listener.address)
    stream.handler = client
    reactor.run { accepted == nil || !client.isOpen }
    let total = 7 << 20
    stream.write([UInt8](repeating: 5, count: total))
    var rested = false
    _ = reactor.schedule(afterNanoseconds: 50_000_000) { rested = true }
    reactor.run { !rested }
    #expect(server.received.isEmpty)
    #expect(stream.queuedByteCount > StreamLimits.lowWater)
    #expect(client.drainCount == 0)
    accepted?.resumeReading()
    reactor.run { server.received.count < total }
    reactor.run { client.drainCount == 0 }
    #expect(client.drainCount == 1)
    #expect(stream.queuedByteCount == 0)
  }

  @Test("A peer that never reads costs a bounded queue", arguments: Kind.allCases)
  func overflow(kind: Kind) throws {
    let reactor = try Self.make(kind)
    let listener = try reactor.listen(at: Self.any) { stream in
      stream.handler = StreamProbe()
      stream.pauseReading()
    }
    let client = StreamProbe()
    let stream = try reactor.connect(to: listener.address)
    stream.handler = client
    reactor.run { !client.isOpen }
    for _ in 0..<40 { stream.write([UInt8](repeating: 0, count: 1 << 20)) }
    reactor.run { client.end == nil }
    #expect(client.end == .queueOverflow)
  }

  @Test("Timers come in order, cancelled ones not at all", arguments: Kind.allCases)
  func timers(kind: Kind) throws {
    let reactor = try Self.make(kind)
    var order: [Int] = []
    var tokens: [TimerToken] = []
    let start = reactor.nowNanoseconds
    for number in [5, 3, 9, 1, 7] {
      tokens.append(
        reactor.schedule(atNanoseconds: start + UInt64(number) * 2_000_000) { order.append(number) }
      )
    }
    reactor.cancel(tokens[2])
    reactor.run { order.count < 4 }
    #expect(order == [1, 3, 5, 7])
    #expect(reactor.nowNanoseconds >= start + 14_000_000)
  }

  @Test("Work is done elsewhere and comes back", arguments: Kind.allCases)
  func work(kind: Kind) throws {
    let reactor = try Self.make(kind)
    var results: [Int] = []
    for number in 0..<100 {
      let lane = number.isMultiple(of: 2) ? WorkerLane.compute : .blocking
      reactor.perform(on: lane) {
        number * number
      } then: {
        results.append($0)
      }
    }
    reactor.run { results.count < 100 }
    #expect(results.sorted() == (0..<100).map { $0 * $0 })
  }

  @Test("Running out of descriptors sheds connections, and later ones are served")
  func descriptorExhaustion() async {
    await #expect(processExitsWith: .success) {
      ProcessLimits.limitDescriptors(64)
      let loop = try EventLoop(computeThreads: 1)
      var served = 0
      let listener = try loop.listen(at: ReactorTests.any) { stream in
        served += 1
        let probe = StreamProbe()
        probe.onReceive = { stream, bytes in stream.write(bytes) }
        stream.handler = probe
      }
      var clients: [(stream: any ByteStream, probe: StreamProbe)] = []
      for _ in 0..<60 {
        guard let stream = try? loop.connect(to: listener.address) else { break }
        let probe = StreamProbe()
        stream.handler = probe
        clients.append((stream, probe))
      }
      var rested = false
      _ = loop.schedule(afterNanoseconds: 400_000_000) { rested = true }
      loop.run { !rested }
      for client in clients { client.stream.abort() }
      loop.run { clients.contains { $0.probe.end == nil } }
      let late = StreamProbe()
      let stream = try loop.connect(to: listener.address)
      stream.handler = late
      stream.write([1, 2, 3])
      loop.run { late.received.count < 3 && late.end == nil }
      #expect(late.received == [1, 2, 3])
      #expect(served > 0)
    }
  }

  @Test("The cut wire and the dead peer of a simulation")
  func simulatedFaults() throws {
    let reactor = SimulatedReactor(seed: 1, unixSeconds: 0)
    let server = StreamProbe()
    let listener = try reactor.listen(at: Self.any) { $0.handler = server }
    reactor.network.interfere = { flow, offset, bytes in
      offset >= 4 ? .blackHole : .pieces(bytes.map { [$0] })
    }
    let client = StreamProbe()
    let stream = try reactor.connect(to: listener.address)
    stream.handler = client
    reactor.run { !client.isOpen }
    stream.write([1, 2, 3, 4])
    stream.write([5])
    stream.close()
    reactor.run(forNanoseconds: 10_000_000_000)
    #expect(server.received == [1, 2, 3, 4])
    #expect(server.end == nil)
    #expect(client.end == .closedHere)
    reactor.network.interfere = { _, _, _ in .hangUp }
    let second = StreamProbe()
    let broken = try reactor.connect(to: listener.address)
    broken.handler = second
    broken.write([1])
    reactor.run { second.end == nil }
    #expect(second.end == .closedByPeer)
  }
}
