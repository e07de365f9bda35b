import EphemeralModel
import PropertyTesting
import Testing

@testable import EphemeralEngine

@Suite("Operators on anything")
struct RandomOperatorTests {
  /// Calls of each operator; a trap in one of them ends the whole test run.
  private static let calls: UInt64 = 150

  static let operators = SupportedOperators.rules
    .filter { !ControlFlow.operations.contains($0.name) }.map(\.name)

  @Test("Any inputs and attributes end in an answer or a named error", arguments: operators)
  func anything(_ operation: String) throws {
    let rule = try #require(SupportedOperators.rule(operation))
    let name = operation.utf8.reduce(UInt64(17)) { $0 &* 31 &+ UInt64($1) }
    for number in 0..<Self.calls {
      let seed = SeededRandom.mix(name, number)
      let call = RandomCall(rule, seed: seed)
      let first: [TestTensor?]?
      do {
        first = try call.run(garbage: 0x00)
      } catch is EngineError {
        continue
      }
      // The same again in memory with another past: nothing unwritten may come out.
      let second = try call.run(garbage: 0x5b)
      #expect(first == second, "\(operation), seed \(seed): depends on what memory held")
      for (index, tensor) in (first ?? []).enumerated() {
        guard let tensor, tensor.type == .bool else { continue }
        #expect(
          tensor.bytes.allSatisfy { $0 <= 1 } || Self.moves(call, tensor.type),
          "\(operation), seed \(seed): output \(index) is no truth value")
      }
    }
  }

  /// Whether an operator may hand on bytes that were no truth values to begin with.
  private static func moves(_ call: RandomCall, _ type: ElementType) -> Bool {
    call.inputs.contains { $0?.type == type && !($0?.bytes.allSatisfy { $0 <= 1 } ?? true) }
  }
}
