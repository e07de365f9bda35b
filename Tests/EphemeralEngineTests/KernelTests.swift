import EphemeralModel
import Glibc
import KernelInterface
import Testing

@testable import EphemeralEngine

@Suite("Vector kernels")
struct KernelTests {
  /// One elementary function, what it should be, and the greatest absolute and relative error.
  struct Bound: Sendable, CustomStringConvertible {
    let kind: Function.Kind
    let absolute: Double
    let relative: Double
    let exact: @Sendable (Double) -> Double
    var description: String { "\(kind)" }
  }

  static let bounds: [Bound] = [
    Bound(kind: .exponential, absolute: 1e-38, relative: 2.5e-7) { exp($0) },
    Bound(kind: .erf, absolute: 4e-7, relative: 0) { erf($0) },
    Bound(kind: .tanh, absolute: 5e-7, relative: 0) { tanh($0) },
    Bound(kind: .sigmoid, absolute: 1e-37, relative: 4e-7) { 1 / (1 + exp(-$0)) },
    Bound(kind: .gelu, absolute: 3e-7, relative: 5e-7) {
      $0 / 2 * (1 + erf($0 / 2.0.squareRoot()))
    },
    Bound(kind: .squareRoot, absolute: 0, relative: 6e-8) { $0.squareRoot() },
  ]

  @Test("Errors stay within their bounds", arguments: bounds)
  func errors(_ bound: Bound) {
    var inputs: [Float] = []
    for step in 0..<200_000 { inputs.append(Float(step - 100_000) * 1e-4) }
    for step in 0..<2_000 { inputs.append(Float(step - 1_000) * 0.085) }
    if bound.kind == .squareRoot { inputs = inputs.map(abs) }
    for table in Processor.tables {
      let outputs = Self.map(table, Function(bound.kind), inputs)
      for (x, y) in zip(inputs, outputs) {
        let exact = bound.exact(Double(x))
        // Gelu's error grows with x, of which erf is a factor.
        let scale = bound.kind == .gelu ? max(abs(Double(x)), 1) : 1
        let limit = bound.absolute * scale + bound.relative * abs(exact)
        if !(abs(Double(y) - exact) <= limit) {
          Issue.record("\(table.name): \(bound)(\(x)) is \(y), not \(exact)")
          return
        }
      }
    }
  }

  @Test("Special values keep their meaning")
  func specials() {
    for table in Processor.tables {
      let values: [Float] = [.infinity, -.infinity, 0, 200, -200]
      #expect(Self.map(table, Function(.exponential), values)[1...2] == [0, 1])
      #expect(Self.map(table, Function(.exponential), values)[4] == 0)
      let ends = Self.map(table, Function(.tanh), values)
      #expect(zip(ends, [1, -1, 0, 1, -1]).allSatisfy { abs($0 - $1) < 5e-7 })
      #expect(Self.map(table, Function(.relu), values) == [.infinity, 0, 0, 200, 0])
      #expect(Self.map(table, Function(.relu), [.nan])[0].isNaN)
      #expect(Self.map(table, Function(.magnitude), values) == [.infinity, .infinity, 0, 200, 200])
    }
  }

  private static func map(_ table: KernelTable, _ function: Function, _ inputs: [Float]) -> [Float]
  {
    var outputs = inputs
    unsafe inputs.withUnsafeBufferPointer { from in
      unsafe outputs.withUnsafeMutableBufferPointer { to in
        if let from = from.baseAddress, let to = to.baseAddress {
          unsafe table.map(function, from, to, inputs.count)
        }
      }
    }
    return outputs
  }

  @Test(
    "Narrow and wide registers give the same bits", arguments: PlannedCase.allCases,
    [1, 5, 16, 40])
  func sameBits(_ kind: PlannedCase, _ size: Int) throws {
    let (model, inputs) = try kind.make(size)
    var expected: [TestTensor]?
    for table in Processor.tables {
      let found = try model.assembled(isPlanned: true, kernels: table).run(inputs)
      if let expected { #expect(found == expected, "\(table.name)") }
      expected = found
    }
  }
}
