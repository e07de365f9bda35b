import EphemeralCrypto
import EphemeralLockstep
@testable import EphemeralSession
import EphemeralWire
import Testing

@Suite("The bound on results")
struct ResultBoundTests {
  /// The row that a response takes whose result has `spare` bytes left of the bound.
  private func row(spare: Int, padding: (UInt64) -> MessagePadding) throws -> EnclaveRow? {
    let response = try Samples.tensors(sequence: 0)
    let signature = 64
    let whole = try InferResult.byteCount(
      responseBytes: response.count, receiptBytes: signature,
      exposureNanoseconds: Samples.statistics.exposureNanoseconds)
    let bound = UInt64(whole + spare)
    let limits = EnclaveLimits(
      maxTopologyBytes: 100, maxRequestBytes: max(bound, 100), maxWeightBytes: 1,
      maxSessionSeconds: 100)
    var cell = try EnclaveCell(limits: limits)
    var admission = Samples.admission()
    admission.padding = padding(bound)
    try cell.reach(.inferring, admission: admission)
    _ = cell.feed(.inferred(Samples.statistics), try Samples.secret(response))
    return cell.machine.last?.row
  }

  @Test("A result is judged with its receipt: what the client would refuse is not sent")
  func limit() throws {
    #expect(try row(spare: 0) { _ in .powerOfTwo } == .inferringInferredAnswers)
    #expect(try row(spare: -1) { _ in .powerOfTwo } == .inferringInferredOversize)
  }

  @Test("A result that does not fit the declared size is too large, not a fault")
  func declared() throws {
    #expect(try row(spare: 0) { .fixed($0) } == .inferringInferredAnswers)
    #expect(try row(spare: 4) { .fixed($0 - 5) } == .inferringInferredOversize)
  }
}
