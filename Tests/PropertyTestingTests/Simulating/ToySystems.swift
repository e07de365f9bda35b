import PropertyTesting

/// A client that asks a server once to pay, and a server that pays for every request it sees.
struct NaivePayments: SimulatedSystem {
  enum Payload { case pay, paid }

  var payments = 0
  var isAnswered = false
  let nodeNames = ["client", "server"]

  mutating func start(_ node: Int, _ context: inout SimulationContext<Payload, Int>) {
    if node == 0 { context.send(.pay, to: 1) }
  }

  mutating func receive(
    _ payload: Payload, from sender: Int, at node: Int,
    _ context: inout SimulationContext<Payload, Int>
  ) {
    switch payload {
    case .pay:
      payments += 1
      context.send(.paid, to: 0)
    case .paid: isAnswered = true
    }
  }

  mutating func fire(
    _ timer: Int, at node: Int, _ context: inout SimulationContext<Payload, Int>
  ) {}

  var violation: String? { payments > 1 ? "paid \(payments) times" : nil }
  var isConverged: Bool { isAnswered }
}

/// Replicas of a register; each tells all others what it holds, again and again.
///
/// What a node wrote itself is on disk. With `forgets` a node that lost its memory in a crash takes
/// its own write to be undone: the bug that the simulator has to find.
struct Replicas: SimulatedSystem {
  struct Version: Equatable {
    var number: Int
    var writer: Int
  }

  var memory: [Version]
  let disk: [Version]
  let forgets: Bool
  let nodeNames = ["a", "b", "c"]

  init(forgets: Bool = false) {
    disk = (0..<3).map { Version(number: $0, writer: $0) }
    memory = disk
    self.forgets = forgets
  }

  mutating func start(_ node: Int, _ context: inout SimulationContext<Version, String>) {
    context.setTimer("gossip", after: 20)
  }

  mutating func receive(
    _ payload: Version, from sender: Int, at node: Int,
    _ context: inout SimulationContext<Version, String>
  ) {
    if payload.number > memory[node].number { memory[node] = payload }
  }

  mutating func fire(
    _ timer: String, at node: Int, _ context: inout SimulationContext<Version, String>
  ) {
    for other in 0..<3 where other != node { context.send(memory[node], to: other) }
    context.setTimer(timer, after: 20)
  }

  mutating func crash(_ node: Int) {
    memory[node] = forgets ? Version(number: -1, writer: node) : disk[node]
  }

  var violation: String? {
    for node in 0..<3 where memory[node].number < disk[node].number {
      return "\(nodeNames[node]) lost its own write"
    }
    return nil
  }
  var isConverged: Bool { memory.allSatisfy { $0 == disk[2] } }
}

/// Two nodes that throw a ball to and fro for ever, and never finish.
struct Ball: SimulatedSystem {
  let nodeNames = ["left", "right"]

  mutating func start(_ node: Int, _ context: inout SimulationContext<Int, Int>) {
    if node == 0 { context.send(0, to: 1) }
  }
  mutating func receive(
    _ payload: Int, from sender: Int, at node: Int,
    _ context: inout SimulationContext<Int, Int>
  ) {
    context.send(payload + 1, to: sender)
  }
  mutating func fire(
    _ timer: Int, at node: Int, _ context: inout SimulationContext<Int, Int>
  ) {}

  var violation: String? { nil }
  var isConverged: Bool { false }
}

/// A node that sends numbers, four at a time, to one that requires each to be the next.
struct Queue: SimulatedSystem {
  var sent = 0
  var received = 0
  var isDisordered = false
  let nodeNames = ["source", "sink"]

  mutating func start(_ node: Int, _ context: inout SimulationContext<Int, Int>) {
    if node == 0 { context.setTimer(0, after: 1) }
  }
  mutating func receive(
    _ payload: Int, from sender: Int, at node: Int,
    _ context: inout SimulationContext<Int, Int>
  ) {
    if payload != received { isDisordered = true }
    received += 1
  }
  mutating func fire(
    _ timer: Int, at node: Int, _ context: inout SimulationContext<Int, Int>
  ) {
    for number in sent..<sent + 4 { context.send(number, to: 1) }
    sent += 4
    if sent < 80 { context.setTimer(timer, after: 1) }
  }

  var violation: String? { isDisordered ? "out of order" : nil }
  var isConverged: Bool { received == 80 }
}

/// A stream of bytes from one node to another, sent again from the first gap by acknowledgement.
///
/// Frames are `[offset, four bytes of checksum, bytes…]`; what does not fit is thrown away.
struct Stream: SimulatedSystem {
  let message = Array("thirty-two bytes of true content".utf8)
  var received: [UInt8] = []
  var acknowledged = 0
  var closures = 0
  let nodeNames = ["source", "sink"]

  mutating func start(_ node: Int, _ context: inout SimulationContext<[UInt8], Int>) {
    if node == 0 { context.setTimer(0, after: 1) }
  }

  mutating func receive(
    _ payload: [UInt8], from sender: Int, at node: Int,
    _ context: inout SimulationContext<[UInt8], Int>
  ) {
    guard let offset = payload.first, payload.count >= 5,
      payload == Self.frame(Int(offset), payload.dropFirst(5))
    else { return }
    if node == 0 {
      acknowledged = max(acknowledged, Int(offset))
      return
    }
    if Int(offset) == received.count { received += payload.dropFirst(5) }
    context.send(Self.frame(received.count, []), to: 0)
  }

  mutating func fire(
    _ timer: Int, at node: Int, _ context: inout SimulationContext<[UInt8], Int>
  ) {
    guard acknowledged < message.count else { return }
    for start in stride(from: acknowledged, to: message.count, by: 8) {
      context.send(
        Self.frame(start, message[start..<min(start + 8, message.count)]), to: 1)
    }
    context.setTimer(timer, after: 60)
  }

  mutating func close(
    _ sender: Int, at node: Int, _ context: inout SimulationContext<[UInt8], Int>
  ) {
    closures += 1
  }

  var violation: String? {
    message.starts(with: received) ? nil : "received what was not sent"
  }
  var isConverged: Bool { acknowledged == message.count }

  func corrupted(_ payload: [UInt8], choice: UInt64) -> [UInt8]? {
    var broken = payload
    broken[Int(choice >> 3) % payload.count] ^= 1 << UInt8(choice & 7)
    return broken
  }
  func split(_ payload: [UInt8], choice: UInt64) -> ([UInt8], [UInt8])? {
    let cut = Int(choice) % payload.count
    return (Array(payload[..<cut]), Array(payload[cut...]))
  }
  func merged(_ first: [UInt8], _ second: [UInt8]) -> [UInt8]? { first + second }

  private static func frame(_ offset: Int, _ bytes: some Sequence<UInt8>) -> [UInt8] {
    let sum = checksum([UInt8(offset)] + bytes)
    return [UInt8(offset)] + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) } + bytes
  }

  /// FNV-1a over 32 bits: a changed bit always changes it, and two frames in one hardly ever fit. A
  /// sum of one byte was met by chance, once in some hundred thousand faults.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }
}
