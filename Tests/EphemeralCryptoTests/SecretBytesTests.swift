import Glibc
import Testing

@testable import EphemeralCrypto

@Suite("Secret bytes")
struct SecretBytesTests {
  @Test(
    "Bytes go in and come out; lengths are as asked",
    arguments: [0, 1, 64, 65, 1024, 1025, 100_000])
  func contents(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var secret = try SecretBytes(copying: bytes.span)
    #expect(secret.count == count)
    #expect(reveal(secret) == bytes)
    let clone = try secret.clone()
    #expect(areEqual(secret, clone) == true)
    secret.withMutableSpan { span in for index in span.indices { span[index] ^= 1 } }
    #expect(reveal(secret) == bytes.map { $0 ^ 1 })
    #expect(reveal(clone) == bytes)
    if count > 0 { #expect(areEqual(secret, clone) == false) }
    secret.wipe()
    #expect(reveal(secret) == [UInt8](repeating: 0, count: count))
    #expect(reveal(try SecretBytes(count: count)) == [UInt8](repeating: 0, count: count))
  }

  @Test("Random secrets differ, and impossible counts are refused")
  func randomAndBounds() throws {
    let first = try SecretBytes(randomCount: 32)
    let second = try SecretBytes(randomCount: 32)
    #expect(areEqual(first, second) == false)
    #expect(failure { () throws(CryptoError) in _ = try SecretBytes(count: -1) } == .wrongLength)
    #expect(
      failure { () throws(CryptoError) in
        _ = try SecretBytes(count: SecretMemory.maximumByteCount + 1)
      } == .tooLarge)
    #expect(
      failure { () throws(CryptoError) in
        _ = try SecretBytes(randomCount: Entropy.maximumByteCount + 1)
      } == .tooLarge)
  }

  @Test("A slot is zero once its secret has ended", arguments: [16, 64, 300, 1000])
  func freedSlotIsZero(count: Int) async {
    // In a process of its own: there nobody else can take the slot meanwhile.
    await #expect(processExitsWith: .success) { [count] in
      let bytes = [UInt8](repeating: 0xa5, count: count)
      let address = try Self.endedSecret(bytes)
      let slot = unsafe try #require(UnsafeRawPointer(bitPattern: address))
      for index in 0..<count {
        let byte = unsafe slot.load(fromByteOffset: index, as: UInt8.self)
        precondition(byte == 0, "a byte of an ended secret is left")
      }
      let again = try SecretBytes(count: count)
      let reused = unsafe again.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      precondition(reused == address, "the slot is the one that is used again")
    }
  }

  /// Makes a secret, checks that its bytes are where the address says, and lets it end.
  private static func endedSecret(_ bytes: [UInt8]) throws -> UInt {
    let secret = try SecretBytes(copying: bytes.span)
    return unsafe secret.withUnsafeBytes { raw in
      precondition(unsafe raw.elementsEqual(bytes), "the bytes are there while it lives")
      return UInt(bitPattern: raw.baseAddress)
    }
  }

  @Test("Shortening cleanses what is cut off")
  func truncate() throws {
    var secret = try SecretBytes(copying: [UInt8](repeating: 7, count: 50).span)
    secret.truncate(to: 20)
    #expect(reveal(secret) == [UInt8](repeating: 7, count: 20))
    let rest = unsafe secret.withUnsafeBytes { raw in
      unsafe UnsafeRawBufferPointer(start: raw.baseAddress, count: 50).dropFirst(20).map { $0 }
    }
    #expect(rest == [UInt8](repeating: 0, count: 30))
  }

  @Test("Lengthening is a programmer's error")
  func lengthening() async {
    await #expect(processExitsWith: .failure) {
      var secret = try SecretBytes(count: 4)
      secret.truncate(to: 5)
    }
  }

  @Test("A large secret has its own mapping, which is returned")
  func ownMapping() async {
    await #expect(processExitsWith: .success) {
      let before = SecretMemory.status
      let secret = try SecretBytes(count: 1 << 20)
      let during = SecretMemory.status
      _ = consume secret
      let after = SecretMemory.status
      let mapped = { (status: SecretMemory.Status) in
        status.lockedByteCount + status.unlockedByteCount
      }
      precondition(mapped(during) - mapped(before) == 1 << 20)
      precondition(mapped(after) == mapped(before))
    }
  }

  @Test("Pages that cannot be locked are recorded, or refused on demand")
  func lockFailure() async {
    await #expect(processExitsWith: .success) {
      var none = rlimit(rlim_cur: 0, rlim_max: 0)
      precondition(unsafe setrlimit(__rlimit_resource_t(8), &none) == 0, "RLIMIT_MEMLOCK")
      // The superuser may lock beyond the limit; become nobody.
      if geteuid() == 0 { precondition(setuid(65_534) == 0) }
      // The sanitizers replace mlock by a call that always succeeds: nothing to see under them.
      var probe = 0
      if unsafe mlock(&probe, 1) == 0 { return }
      precondition(SecretMemory.status.isFullyLocked)
      do {
        let small = try SecretBytes(count: 32)
        precondition(small.count == 32)
      }
      precondition(!SecretMemory.status.isFullyLocked)
      precondition(SecretMemory.status.unlockedByteCount == SecretMemory.slabByteCount)
      SecretMemory.refuseUnlockedPages()
      do throws(CryptoError) {
        _ = try SecretBytes(count: 100_000)
        preconditionFailure("an unlocked page was given out")
      } catch {
        precondition(error == .memoryNotLocked)
      }
    }
  }

  @Test("Many threads share the slabs and never each other's bytes")
  func threads() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          for round in 0..<2000 {
            let bytes = [UInt8](repeating: UInt8(worker + 1), count: 1 + round % 90)
            let secret = try SecretBytes(copying: bytes.span)
            let other = try SecretBytes(count: 40)
            let isIntact = reveal(secret) == bytes && reveal(other).allSatisfy { $0 == 0 }
            try #require(isIntact)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("Constant-time comparison agrees with the plain one")
  func comparison() {
    let bytes: [UInt8] = [1, 2, 3]
    let others: [[UInt8]] = [[1, 2, 3], [1, 2, 4], [0, 2, 3], [1, 2], []]
    for other in others {
      let verdict = constantTimeEquals(bytes.span, other.span)
      #expect(verdict == (bytes == other))
    }
    let empty = constantTimeEquals(Span(), Span())
    #expect(empty)
  }

  @Test("Entropy fills what it is given")
  func entropy() throws {
    let first = try Entropy.bytes(count: 64)
    let second = try Entropy.bytes(count: 64)
    #expect(first != second && first.count == 64)
    Entropy.mix(first.span)
    #expect(throws: CryptoError.wrongLength) { try Entropy.bytes(count: -1) }
    #expect(throws: CryptoError.tooLarge) {
      try Entropy.bytes(count: Entropy.maximumByteCount + 1)
    }
  }
}
