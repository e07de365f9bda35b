import PropertyTesting

/// A client that asks until it is answered, and a server that counts what it is asked.
struct Counter: SimulatedSystem {
  enum Payload { case question, answer }

  var questions = 0
  var isAnswered = false
  let nodeNames = ["client", "server"]

  mutating func start(_ node: Int, _ context: inout SimulationContext<Payload, String>) {
    guard node == 0 else { return }
    context.send(.question, to: 1)
    context.setTimer("again", after: 50)
  }

  mutating func receive(
    _ payload: Payload, from sender: Int, at node: Int,
    _ context: inout SimulationContext<Payload, String>
  ) {
    switch payload {
    case .question:
      questions += 1
      context.send(.answer, to: sender)
    case .answer: isAnswered = true
    }
  }

  mutating func fire(
    _ timer: String, at node: Int, _ context: inout SimulationContext<Payload, String>
  ) {
    guard !isAnswered else { return }
    context.send(.question, to: 1)
    context.setTimer(timer, after: 50)
  }

  var violation: String? { questions > 200 ? "asked without end" : nil }
  var isConverged: Bool { isAnswered }
}

func checkCounter() throws {
  try check(name: "every question is answered in the end") { testCase in
    try testCase.requireConvergence(of: Counter())
  }
}
