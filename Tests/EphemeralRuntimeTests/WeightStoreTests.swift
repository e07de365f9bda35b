import EphemeralCrypto
import EphemeralModel
import EphemeralWire
import Foundation
import Glibc
import SimulationSupport
import Testing

@testable import EphemeralRuntime

@Suite("Weight store")
struct WeightStoreTests {
  private let folder: TemporaryFolder
  private let store: WeightStore
  private let blob = SampleBlob()

  init() throws {
    folder = try TemporaryFolder()
    store = try WeightStore(directory: folder.path + "/store")
  }

  private func push(_ blob: SampleBlob, into store: WeightStore, now: UInt64 = 0) throws {
    let upload = try #require(
      try afterLetGo {
        try store.beginUpload(of: blob.name, byteCount: blob.bytes.count, nowSeconds: now)
      })
    while upload.offset < blob.bytes.count {
      let end = min(upload.offset + 1000, blob.bytes.count)
      try upload.append(Array(blob.bytes[upload.offset..<end]), at: upload.offset)
    }
    try upload.finish()
  }

  private func upload(_ blob: SampleBlob, first count: Int) throws {
    let upload = try #require(
      try afterLetGo {
        try store.beginUpload(of: blob.name, byteCount: blob.bytes.count, nowSeconds: 0)
      })
    try upload.append(Array(blob.bytes[..<count]), at: 0)
  }

  @Test("An upload that failed does no harm to the one that came after it")
  func lateWrites() throws {
    let failed = try #require(
      try store.beginUpload(of: blob.name, byteCount: blob.bytes.count, nowSeconds: 0))
    #expect(throws: StoreError.outOfOrder) { try failed.append([1], at: 7) }
    let next = try #require(
      try store.beginUpload(of: blob.name, byteCount: blob.bytes.count, nowSeconds: 0))
    try next.append(blob.bytes, at: 0)
    // A write that was queued behind the one that failed.
    #expect(throws: StoreError.outOfOrder) { try failed.append([1], at: 8) }
    try next.finish()
    #expect(try store.open(blob.name).byteCount == blob.bytes.count)
  }

  @Test("Uploads that run at once share the store's limit from their beginning")
  func sharedLimit() throws {
    var limits = WeightStore.Limits()
    limits.totalBytes = blob.bytes.count * 3 / 2
    let store = try WeightStore(directory: folder.path + "/small", limits: limits)
    let other = SampleBlob(seed: 9)
    var first = try store.beginUpload(
      of: blob.name, byteCount: blob.bytes.count, nowSeconds: 0)
    #expect(first?.offset == 0)
    #expect(throws: StoreError.full) {
      try store.beginUpload(of: other.name, byteCount: other.bytes.count, nowSeconds: 0)
    }
    first = nil
    let second = try #require(
      try store.beginUpload(of: other.name, byteCount: other.bytes.count, nowSeconds: 0))
    try second.append(other.bytes, at: 0)
    try second.finish()
  }

  @Test("A file that is no longer the one under its path is told from it")
  func replacedFile() throws {
    try folder.write([1], to: "a")
    try folder.write([2], to: "b")
    let path = folder.path + "/a"
    let file = try File(path: path, flags: O_RDWR)
    #expect(try file.isStill(at: path))
    try FileSystem.rename(folder.path + "/b", to: path)
    #expect(try !file.isStill(at: path))
    FileSystem.remove(path)
    #expect(try !file.isStill(at: path))
  }

  @Test("A blob comes back chunk by chunk")
  func roundTrip() throws {
    try push(blob, into: store)
    #expect(store.state(of: blob.name) == .stored(byteCount: blob.bytes.count))
    let stored = try store.open(blob.name)
    var bytes = try stored.header()
    for index in 0..<stored.chunkCount { bytes += try stored.chunk(index) }
    #expect(bytes == blob.bytes)
    #expect(throws: StoreError.notFound) { try stored.chunk(16) }
    #expect(throws: StoreError.notFound) { try stored.chunk(-1) }
    #expect(folder.names("store/partial").isEmpty)
  }

  @Test("Every single flipped bit of the header and samples of the body are refused on writing")
  func wrongHash() throws {
    for position in Array(0..<40) + [4000, blob.bytes.count - 1] {
      var damaged = blob.bytes
      damaged[position] ^= 1
      let upload = try #require(
        try afterLetGo {
          try store.beginUpload(of: blob.name, byteCount: damaged.count, nowSeconds: 0)
        })
      try upload.append(damaged, at: 0)
      #expect(throws: StoreError.mismatch) { try upload.finish() }
      #expect(store.state(of: blob.name) == .absent)
    }
    #expect(folder.names("store") == ["partial"])
  }

  @Test("A file damaged on the disk is not served, moves aside, and can be pushed again")
  func damagedOnDisk() throws {
    try push(blob, into: store)
    let file = "store/\(blob.name.hexadecimal).ephw"
    var damaged = blob.bytes
    damaged[5000] ^= 0x80
    try folder.write(damaged, to: file)
    #expect(throws: StoreError.mismatch) { try store.open(blob.name) }
    #expect(store.state(of: blob.name) == .absent)
    try push(blob, into: store)
    _ = try store.open(blob.name)
    #expect(!folder.names("store").contains { $0.hasSuffix(".damaged") })
  }

  @Test("A file damaged after it was checked is checked again")
  func damagedAfterCheck() throws {
    try push(blob, into: store)
    _ = try store.open(blob.name)
    var damaged = blob.bytes
    damaged[100] ^= 1
    try folder.write(damaged, to: "store/\(blob.name.hexadecimal).ephw")
    #expect(throws: StoreError.mismatch) { try store.open(blob.name) }
  }

  @Test("An interrupted upload goes on where it stopped, wherever that was")
  func resume() throws {
    for count in [1, 31, 32, 33, 4144, blob.bytes.count - 1] {
      try upload(blob, first: count)
      #expect(store.state(of: blob.name) == .partial(byteCount: count))
      try push(blob, into: store)
      #expect(store.state(of: blob.name) == .stored(byteCount: blob.bytes.count))
      try FileManager.default.removeItem(
        atPath: folder.path + "/store/\(blob.name.hexadecimal).ephw")
    }
  }

  @Test("Bytes that a crash left wrong in an interrupted upload are found at its end")
  func resumeAfterDamage() throws {
    try upload(blob, first: 5000)
    let part = "store/partial/\(blob.name.hexadecimal).part"
    try folder.write([UInt8](repeating: 0, count: 5000), to: part)
    let upload = try #require(
      try afterLetGo {
        try store.beginUpload(of: blob.name, byteCount: blob.bytes.count, nowSeconds: 0)
      })
    #expect(upload.offset == 5000)
    try upload.append(Array(blob.bytes[5000...]), at: 5000)
    #expect(throws: StoreError.mismatch) { try upload.finish() }
    #expect(store.state(of: blob.name) == .absent)
  }

  @Test("A crash between the last byte and the name: the upload is completed or wanted anew")
  func wholePartial() throws {
    try upload(blob, first: blob.bytes.count)
    #expect(store.state(of: blob.name) == .partial(byteCount: blob.bytes.count))
    let again = try afterLetGo {
      try store.beginUpload(
        of: blob.name, byteCount: blob.bytes.count, nowSeconds: 0)
    }
    #expect(again == nil)
    #expect(try store.open(blob.name).byteCount == blob.bytes.count)

    let other = SampleBlob(seed: 2)
    var damaged = other.bytes
    damaged[5000] ^= 1
    try folder.write(damaged, to: "store/partial/\(other.name.hexadecimal).part")
    try push(other, into: store)
    #expect(try store.open(other.name).byteCount == other.bytes.count)
    #expect(folder.names("store/partial").isEmpty)
  }

  @Test("A partial file longer than the blob begins anew")
  func oversizedPartial() throws {
    try folder.write(
      [UInt8](repeating: 7, count: blob.bytes.count + 5),
      to: "store/partial/\(blob.name.hexadecimal).part")
    try push(blob, into: store)
  }

  @Test("Two writers of one blob: the second is told so, and may come back")
  func busy() throws {
    var first = try afterLetGo {
      try store.beginUpload(
        of: blob.name, byteCount: blob.bytes.count, nowSeconds: 0)
    }
    #expect(first?.offset == 0)
    #expect(throws: StoreError.busy) {
      try store.beginUpload(of: blob.name, byteCount: blob.bytes.count, nowSeconds: 0)
    }
    first = nil
    try push(blob, into: store)
  }

  @Test("Offsets and sizes other than agreed are refused")
  func order() throws {
    let upload = try #require(
      try afterLetGo {
        try store.beginUpload(of: blob.name, byteCount: blob.bytes.count, nowSeconds: 0)
      })
    #expect(throws: StoreError.outOfOrder) { try upload.append([1], at: 1) }
    let second = try #require(
      try afterLetGo { try store.beginUpload(of: blob.name, byteCount: 70_000, nowSeconds: 0) })
    #expect(throws: StoreError.invalidSize) {
      try second.append([UInt8](repeating: 0, count: 70_001), at: 0)
    }
    for size in [0, 48, 65_583, -1, Int.max] {
      #expect(throws: StoreError.invalidSize) {
        try afterLetGo { try store.beginUpload(of: blob.name, byteCount: size, nowSeconds: 0) }
      }
    }
  }

  @Test("Right hash, wrong form: refused")
  func malformed() throws {
    let bytes = [UInt8](repeating: 1, count: 66_000)
    let name = BlobID(SHA256.hash(bytes))
    let upload = try #require(
      try afterLetGo { try store.beginUpload(of: name, byteCount: bytes.count, nowSeconds: 0) })
    try upload.append(bytes, at: 0)
    #expect(throws: StoreError.malformed) { try upload.finish() }
    #expect(store.state(of: name) == .absent)
  }

  @Test("Interrupted uploads are bounded in number and age")
  func stalePartials() throws {
    var limits = WeightStore.Limits()
    limits.partialUploads = 3
    let store = try WeightStore(directory: folder.path + "/bounded", limits: limits)
    for seed in 1...6 {
      let blob = SampleBlob(seed: UInt8(seed))
      let upload = try afterLetGo {
        try store.beginUpload(
          of: blob.name, byteCount: blob.bytes.count,
          nowSeconds: UInt64(Date().timeIntervalSince1970))
      }
      try upload?.append([1, 2, 3], at: 0)
      #expect(folder.names("bounded/partial").count <= 3)
    }
    let later = UInt64(Date().timeIntervalSince1970) + 25 * 3600
    let last = SampleBlob(seed: 9)
    _ = try afterLetGo {
      try store.beginUpload(of: last.name, byteCount: last.bytes.count, nowSeconds: later)
    }
    #expect(folder.names("bounded/partial") == ["\(last.name.hexadecimal).part"])
  }

  @Test("A store at its quota says full at once and keeps nothing")
  func quota() throws {
    var limits = WeightStore.Limits()
    limits.totalBytes = blob.bytes.count + 100
    let store = try WeightStore(directory: folder.path + "/small", limits: limits)
    try push(blob, into: store)
    let second = SampleBlob(seed: 2)
    #expect(throws: StoreError.full) {
      try afterLetGo {
        try store.beginUpload(of: second.name, byteCount: second.bytes.count, nowSeconds: 0)
      }
    }
    #expect(folder.names("small/partial").isEmpty)
  }

  @Test("A disk that fills up in the middle of a write leaves nothing behind")
  func diskFull() async {
    // A process of its own, whose files may not grow beyond 6,000 bytes: writing fails half way.
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let blob = SampleBlob()
      let store = try WeightStore(directory: folder.path + "/store")
      ProcessLimits.limitFileSize(6000)
      let upload = try #require(
        try afterLetGo {
          try store.beginUpload(of: blob.name, byteCount: blob.bytes.count, nowSeconds: 0)
        })
      #expect(throws: StoreError.full) { try upload.append(blob.bytes, at: 0) }
      #expect(store.state(of: blob.name) == .absent)
      #expect(folder.names("store") == ["partial"])
      #expect(folder.names("store/partial").isEmpty)
    }
  }

  @Test("An unusable directory is an error of its own")
  func unusable() {
    #expect(throws: StoreError.unusableDirectory) {
      try WeightStore(directory: "/nowhere/at/all")
    }
  }

  @Test(
    "Layouts that do not add up are refused",
    arguments: [
      (8, 0x00), (11, 0x01), (12, 0x01), (15, 0x04), (15, 0x00), (15, 0x02), (5, 0x02), (20, 0x01),
    ])
  func layout(position: Int, value: UInt8) {
    var header = Array(blob.bytes[..<32])
    #expect(WeightBlobLayout(header: header, fileBytes: blob.bytes.count) != nil)
    let before = header[position]
    header[position] = value
    #expect(
      (WeightBlobLayout(header: header, fileBytes: blob.bytes.count) == nil) == (before != value))
  }
}
