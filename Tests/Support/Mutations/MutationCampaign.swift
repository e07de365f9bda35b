import Foundation
import Glibc

/// A file whose changes must all be refused.
public struct MutationSubject: Sendable {
  /// What it is called in a report.
  public let name: String
  /// The file.
  public let bytes: [UInt8]
  /// Where its structure is written.
  public let landmarks: [Landmark]
  /// Other files of its kind.
  public let donors: [[UInt8]]
  /// Forms of the file that say the same and are legal; they do not count as changes.
  public let twins: Set<[UInt8]>
  /// Whether a changed file is refused.
  public let isRefused: @Sendable ([UInt8]) -> Bool

  /// A file with its judge.
  public init(
    _ name: String, _ bytes: [UInt8], landmarks: [Landmark], donors: [[UInt8]] = [],
    twins: Set<[UInt8]> = [], isRefused: @escaping @Sendable ([UInt8]) -> Bool
  ) {
    self.name = name
    self.bytes = bytes
    self.landmarks = landmarks
    self.donors = donors
    self.twins = twins
    self.isRefused = isRefused
  }
}

/// Changes files in many ways and asks for each change whether it is refused.
///
/// `EPHML_MUTATIONS` says how many changes a campaign makes; without it, a few. Equal seeds and counts
/// give equal changes, whatever the number of workers.
public struct MutationCampaign: Sendable {
  /// A change that was not refused.
  public struct Survivor: Equatable, Sendable, CustomStringConvertible {
    /// The file's name.
    public let subject: String
    /// How it was changed.
    public let kind: MutationKind
    /// Which change of the campaign.
    public let index: Int

    /// The same in words.
    public var description: String { "\(subject): \(kind.rawValue), change \(index)" }
  }

  /// What came of a campaign.
  public struct Result: Equatable, Sendable {
    /// Changes by kind.
    public var counts: [MutationKind: Int] = [:]
    /// Changes that left the bytes as they were or made a legal twin; not counted, made again.
    public var idle = 0
    /// How many changes were not refused.
    public var unrefused = 0
    /// The first few of them.
    public var survivors: [Survivor] = []
    /// All changes.
    public var total: Int { counts.values.reduce(0, +) }
  }

  /// What the subjects are.
  public let name: String
  /// The files.
  public let subjects: [MutationSubject]
  /// The first seed.
  public var seed: UInt64 = 0x6570_686d_6c21

  /// A campaign over these files.
  public init(_ name: String, _ subjects: [MutationSubject]) {
    self.name = name
    self.subjects = subjects
  }

  /// How many changes were asked for, if that is said.
  public static let requested: Int? =
    ProcessInfo.processInfo.environment["EPHML_MUTATIONS"].flatMap { Int($0) }

  /// The most resident memory of this process so far, in KiB.
  public static var peakKibibytes: Int {
    var usage = rusage()
    // The kernel fills the structure, which lives for the call.
    return unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 ? usage.ru_maxrss : 0
  }

  /// Makes the changes, prints what came of them, and gives it back.
  ///
  /// - Parameters:
  ///   - count: how many; by default what was asked for, else `few`.
  ///   - workers: how many at a time.
  public func run(few: Int = 2000, workers: Int = 2) async -> Result {
    let count = Self.requested ?? few
    let before = Self.peakKibibytes
    let result = await withTaskGroup(of: Result.self) { group in
      for worker in 0..<workers {
        group.addTask { changes(stride(from: worker, to: count, by: workers)) }
      }
      return await group.reduce(into: Result()) { whole, part in
        whole.counts.merge(part.counts, uniquingKeysWith: +)
        whole.idle += part.idle
        whole.unrefused += part.unrefused
        whole.survivors += part.survivors
      }
    }
    let kinds = MutationKind.allCases.compactMap { kind in
      result.counts[kind].map { "\(kind.rawValue) \($0)" }
    }
    print(
      "mutations of \(name): \(result.total) (\(kinds.joined(separator: ", "))), idle "
        + "\(result.idle), not refused \(result.unrefused), peak resident "
        + "\(Self.peakKibibytes) KiB, \(before) before")
    return result
  }

  private func changes(_ indices: StrideTo<Int>) -> Result {
    var result = Result()
    for index in indices {
      let subject = subjects[index % subjects.count]
      let kinds = MutationKind.allCases
      var kind = kinds[index / subjects.count % kinds.count]
      var mutator = Mutator(seed: seed &+ UInt64(index) &* 0xd134_2543_de82_ef95)
      var attempts = 0
      var changed = mutator.mutate(subject, by: kind)
      while changed == subject.bytes || subject.twins.contains(changed) {
        result.idle += 1
        attempts += 1
        if attempts == 16 { kind = .bitFlip }
        changed = mutator.mutate(subject, by: kind)
      }
      result.counts[kind, default: 0] += 1
      guard !subject.isRefused(changed) else { continue }
      result.unrefused += 1
      if result.survivors.count < 32 {
        result.survivors.append(Survivor(subject: subject.name, kind: kind, index: index))
      }
    }
    return result
  }

  /// One change of the campaign again, to look at a survivor.
  public func change(_ index: Int) -> [UInt8] {
    let subject = subjects[index % subjects.count]
    let kinds = MutationKind.allCases
    var mutator = Mutator(seed: seed &+ UInt64(index) &* 0xd134_2543_de82_ef95)
    return mutator.mutate(subject, by: kinds[index / subjects.count % kinds.count])
  }
}
