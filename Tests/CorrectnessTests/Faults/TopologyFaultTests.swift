#if Mock
  import EphemeralCrypto
  import EphemeralModel
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// A topology file that was changed is no other model: it is refused when it is read.
  @Suite("Faults in the topology file")
  struct TopologyFaultTests {
    private static func file(_ fixture: Fixture) throws -> [UInt8] {
      let encoded = try fixture.model.key.encoded()
      return encoded.withSpan { span in span.indices.map { span[$0] } }
    }

    @Test("Every bit of the plain form")
    func flips() throws {
      let fixture = try Fixture()
      var campaign = Campaign(fixture)
      let file = try Self.file(fixture)
      for byte in file.indices {
        for bit in 0..<8 {
          var changed = file
          changed[byte] ^= 1 << UInt8(bit)
          campaign.refuse(topology: changed, "byte \(byte), bit \(bit)")
        }
      }
      #expect(campaign.caseCount == 8 * file.count)
    }

    @Test("Every truncation of the plain form, and what is added to it")
    func truncations() throws {
      let fixture = try Fixture()
      var campaign = Campaign(fixture)
      let file = try Self.file(fixture)
      for count in file.indices {
        campaign.refuse(topology: Array(file[..<count]), "first \(count) bytes")
      }
      for byte in [0, 0x40, 0xf6, 0xff] as [UInt8] {
        campaign.refuse(topology: file + [byte], "\(byte) added")
      }
    }

    @Test("The file of one model with the key of another")
    func mixed() throws {
      let (first, second) = (try Fixture(), try Fixture())
      var campaign = Campaign(first)
      let (file, other) = (try Self.file(first), try Self.file(second))
      #expect(file.count == other.count)
      for count in file.indices.dropFirst() where file[..<count] != other[..<count] {
        let joined = Array(file[..<count] + other[count...])
        if joined != file { campaign.refuse(topology: joined, "joined at \(count)") }
      }
    }
  }

  extension Campaign {
    /// Reads a changed topology file, which must be refused; a reader that takes it would run the
    /// session of another model.
    fileprivate mutating func refuse(topology bytes: [UInt8], _ what: String) {
      count()
      let own = fixture.model.key.modelHash
      attempt(what) {
        let verdict: String
        do throws(TopologyError) {
          let key = try TopologyKey(decoding: bytes.span)
          let isSame = key.modelHash == own
          verdict = "it was read as \(isSame ? "the same" : "another") model"
        } catch {
          if error != .resources { return }
          verdict = "no resources"
        }
        throw Violation(message: verdict)
      }
    }
  }
#endif
