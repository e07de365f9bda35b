import EphemeralCrypto
import EphemeralModel
import Testing

@Suite("Topology key")
struct TopologyKeyTests {
  private func bytes(_ key: borrowing TopologyKey) throws -> [UInt8] {
    try key.encoded().withSpan { span in span.indices.map { span[$0] } }
  }

  private let cheap = try? Scrypt.Cost(cost: 16, blockSize: 1, lanes: 1)

  @Test("The plain form comes back whole")
  func roundTrip() throws {
    let key = try TopologyKey(topology: Samples.topology(), blobKey: Samples.key())
    let file = try bytes(key)
    let again = try TopologyKey(decoding: file.span)
    let (found, expected) = (again.topology, key.topology)
    #expect(found == expected)
    let (digest, hash, keyHash) = (again.digest, again.modelHash, key.modelHash)
    #expect(digest == SHA256.hash(expected.encoded()))
    #expect(hash == keyHash)
    let written = try bytes(again)
    #expect(written == file)
    let equal = SecretBytes.constantTimeEquals(again.blobKey, key.blobKey)
    #expect(equal)
    let isSealed = TopologyKey.isSealed(file.span)
    #expect(!isSealed)
  }

  @Test("A cut file is refused at every byte")
  func truncation() throws {
    let key = try TopologyKey(topology: Samples.topology(), blobKey: Samples.key())
    let file = try bytes(key)
    for count in 0..<file.count {
      #expect(throws: TopologyError.self) {
        _ = try TopologyKey(decoding: file.span.extracting(0..<count))
      }
    }
  }

  @Test("A body that a flipped bit made another valid model is refused as damaged")
  func damagedBody() throws {
    let key = try TopologyKey(topology: Samples.topology(), blobKey: Samples.key())
    let file = try bytes(key)
    var damaged = 0
    for index in file.indices {
      for bit in 0..<8 {
        var changed = file
        changed[index] ^= 1 << UInt8(bit)
        do throws(TopologyError) {
          _ = try TopologyKey(decoding: changed.span)
          Issue.record("byte \(index), bit \(bit) went unnoticed")
        } catch {
          if error == .damaged { damaged += 1 }
        }
      }
    }
    #expect(damaged > 500)
  }

  @Test("The manifest is the one of the specification")
  func manifest() throws {
    let key = try SecretBytes(copying: Array(0..<32).span)
    let layout = try #require(Samples.layout)
    let blob = BlobReference(
      blobID: [UInt8](repeating: 2, count: 32), layout: layout,
      weightsDigest: [UInt8](repeating: 3, count: 32))
    let manifest = ModelManifest(
      topologyDigest: [UInt8](repeating: 1, count: 32), blob: blob, blobKey: key)
    // Made with another implementation from the text of Spec/Formats.md §6.
    let hex = manifest.modelHash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(hex == "ca6dd792a65bc327777e1b502a05d344b2635376722425ebbcb9fd11060b652c")
  }

  @Test("The model hash changes with topology and key")
  func modelHash() throws {
    let first = try TopologyKey(topology: Samples.topology(), blobKey: Samples.key()).modelHash
    let renamed = try TopologyKey(topology: Samples.topology(name: "other"), blobKey: Samples.key())
      .modelHash
    let rekeyed = try TopologyKey(topology: Samples.topology(), blobKey: Samples.key(1)).modelHash
    #expect(Set([first, renamed, rekeyed]).count == 3)
  }

  @Test("A passphrase opens what it sealed; nothing else does")
  func passphrase() throws {
    let cost = try #require(cheap)
    let key = try TopologyKey(topology: Samples.topology(), blobKey: Samples.key())
    let secret = Array("correct horse".utf8)
    let wrong = Array("wrong".utf8)
    let empty: [UInt8] = []
    let sealed = try key.sealed(passphrase: secret.span, cost: cost)
    let isSealed = TopologyKey.isSealed(sealed.span)
    let again = try key.sealed(passphrase: secret.span, cost: cost)
    #expect(isSealed && again != sealed)
    let opened = try TopologyKey(opening: sealed.span, passphrase: secret.span)
    let (found, expected) = (try bytes(opened), try bytes(key))
    #expect(found == expected)
    #expect(throws: TopologyError.badPassphrase) {
      _ = try TopologyKey(opening: sealed.span, passphrase: wrong.span)
    }
    #expect(throws: TopologyError.badPassphrase) {
      _ = try key.sealed(passphrase: empty.span, cost: cost)
    }
    for index in stride(from: 0, to: sealed.count, by: 1) where index < 80 || index % 7 == 0 {
      var changed = sealed
      changed[index] ^= 0x01
      #expect(throws: TopologyError.self) {
        _ = try TopologyKey(opening: changed.span, passphrase: secret.span)
      }
    }
    // The name of the format alone is no secret; nothing of the topology shows.
    #expect(!sealed.contains(Array("pixels".utf8)))
    #expect(expected.contains(Array("pixels".utf8)))
  }
}
