#if Mock
  import EphemeralModel
  import EphemeralWire
  import Foundation
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// A stored blob that was changed under its name: every byte of its header, samples of the rest.
  @Suite("Faults in the stored blob")
  struct BlobFaultTests {
    static let bodySamples = 300

    @Test("A flipped bit in each byte of the header, and in samples of the chunks and tags")
    func flips() throws {
      let fixture = try Fixture()
      var campaign = Campaign(fixture)
      let blob = fixture.model.blob
      for byte in 0..<WeightBlobLayout.headerBytes {
        campaign.store(changed(blob, byte, campaign.choose(8, byte)), "header byte \(byte)")
      }
      for sample in 0..<Self.bodySamples {
        let byte = campaign.choose(blob.count, sample, 0)
        campaign.store(changed(blob, byte, campaign.choose(8, sample, 1)), "byte \(byte)")
      }
    }

    private func changed(_ blob: [UInt8], _ byte: Int, _ bit: Int) -> [UInt8] {
      var blob = blob
      blob[byte] ^= 1 << UInt8(bit)
      return blob
    }

    @Test("Cut inside the header, at samples of the rest, at chunks; longer than it was")
    func lengths() throws {
      let fixture = try Fixture()
      var campaign = Campaign(fixture)
      let blob = fixture.model.blob
      var counts = Array(0...WeightBlobLayout.headerBytes)
      for sample in 0..<40 { counts.append(campaign.choose(blob.count, sample, 2)) }
      for chunk in 1...4 { counts.append(32 + chunk * (16 << 10) + chunk * 16 - 16) }
      for count in counts where count < blob.count {
        campaign.store(Array(blob[..<count]), "first \(count) bytes")
      }
      campaign.store(blob + [0], "one byte more")
      campaign.store(blob + blob, "twice")
    }

    @Test("Chunks that changed places, came twice or are another model's")
    func chunks() throws {
      let fixture = try Fixture()
      var campaign = Campaign(fixture)
      let blob = fixture.model.blob
      let other = try Fixture().model.blob
      let sealed = (16 << 10) + 16
      for left in 0..<4 {
        for right in 0..<4 where left != right {
          var copied = blob
          let (to, from) = (32 + left * sealed, 32 + right * sealed)
          copied.replaceSubrange(to..<to + sealed, with: blob[from..<from + sealed])
          campaign.store(copied, "chunk \(right) also in the place of \(left)")
        }
        var foreign = blob
        let at = 32 + left * sealed
        foreign.replaceSubrange(at..<at + sealed, with: other[at..<at + sealed])
        campaign.store(foreign, "chunk \(left) of another model")
      }
      campaign.store(other, "the blob of another model")
    }
  }

  extension Campaign {
    /// Runs a session over a store whose blob was changed, then one after it was put back.
    fileprivate mutating func store(_ blob: [UInt8], _ what: String) {
      count()
      let (fixture, seed) = (fixture, SeededRandom.mix(seed, UInt64(caseCount)))
      let recovers = caseCount.isMultiple(of: Self.recoveryStride)
      attempt(what) {
        let world = try FaultWorld(fixture, seed: seed)
        let file = URL(fileURLWithPath: fixture.blobPath)
        try Data(blob).write(to: file, options: .atomic)
        let end = try world.session(fixture.model.key)
        try world.judge(end)
        guard !end.isComplete, end.answers.isEmpty else {
          throw Violation(message: "the session completed")
        }
        try Data(fixture.model.blob).write(to: file, options: .atomic)
        if recovers { try world.recover() }
      }
    }
  }
#endif
