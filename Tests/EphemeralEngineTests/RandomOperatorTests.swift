import EphemeralModel
import PropertyTesting
import Testing

@testable import EphemeralEngine

@Suite("Operators on anything")
struct RandomOperatorTests {
  /// Calls of each operator of either kind; a trap in one of them ends the whole test run.
  private static let calls: UInt64 = 80

  static let operators = SupportedOperators.rules
    .filter { !ControlFlow.operations.contains($0.name) }.map(\.name)

  @Test("Any inputs and attributes end in an answer or a named error", arguments: operators)
  func anything(_ operation: String) throws {
    let rule = try #require(SupportedOperators.rule(operation))
    let name = operation.utf8.reduce(UInt64(17)) { $0 &* 31 &+ UInt64($1) }
    for number in 0..<Self.calls {
      let seed = SeededRandom.mix(name, number)
      _ = try answers(RandomCall(rule, seed: seed), seed)
    }
  }

  @Test("Known calls, changed here and there, end likewise", arguments: operators)
  func nearlyKnown(_ operation: String) throws {
    let rule = try #require(SupportedOperators.rule(operation))
    let examples = OperatorCase.all.filter { $0.operation == operation }
    var answered = 0
    for number in 0..<Self.calls {
      let seed = SeededRandom.mix(number, UInt64(operation.utf8.count))
      let example = examples[Int(number) % examples.count]
      let call = try RandomCall(changing: example, rule, seed: seed)
      if try answers(call, seed) { answered += 1 }
    }
    #expect(answered > 10, "\(operation) was hardly run")
  }

  /// Whether a call has an answer; then it has the same in memory with another past, so that
  /// nothing unwritten comes out.
  private func answers(_ call: RandomCall, _ seed: UInt64) throws -> Bool {
    let operation = call.node.operation
    let first: [TestTensor?]?
    do {
      first = try call.run(garbage: 0x00)
    } catch is EngineError {
      return false
    }
    let second = try call.run(garbage: 0x5b)
    #expect(first == second, "\(operation), seed \(seed): depends on what memory held")
    for (index, tensor) in (first ?? []).enumerated() {
      guard let tensor, tensor.type == .bool else { continue }
      #expect(
        tensor.bytes.allSatisfy { $0 <= 1 } || Self.moves(call, tensor.type),
        "\(operation), seed \(seed): output \(index) is no truth value")
    }
    return true
  }

  /// Whether an operator may hand on bytes that were no truth values to begin with.
  private static func moves(_ call: RandomCall, _ type: ElementType) -> Bool {
    call.inputs.contains { $0?.type == type && !($0?.bytes.allSatisfy { $0 <= 1 } ?? true) }
  }
}
