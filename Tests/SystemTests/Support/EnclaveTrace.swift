import EphemeralRuntime
import EphemeralSession
import Foundation
import Glibc

@testable import EphemeralClient

/// What a row of the enclave's table says, looked up in `Spec/Tables/enclave.expanded`.
struct EnclaveStep: Equatable {
  let state: EnclaveState
  let message: EnclaveMessage
  let next: EnclaveState

  /// By the name that `--trace` writes, such as `readyCloseAlways`.
  static let byName: [String: EnclaveStep] = {
    let path = Fixtures.root.appendingPathComponent("Spec/Tables/enclave.expanded").path
    guard let bytes = try? FileAccess.read(path, maximum: 1 << 20) else { return [:] }
    let states = Dictionary(
      uniqueKeysWithValues: EnclaveState.allCases.map { ("\($0)", $0) })
    let messages = Dictionary(
      uniqueKeysWithValues: EnclaveMessage.allCases.map { ("\($0)", $0) })
    var steps: [String: EnclaveStep] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 8, let state = states[cells[1]], let message = messages[cells[2]],
        let next = states[cells[4]]
      else { continue }
      let words = cells[0].split(separator: "-")
      let name = words.enumerated().map { index, word in
        index == 0 ? String(word) : word.prefix(1).uppercased() + word.dropFirst()
      }
      steps[name.joined()] = EnclaveStep(state: state, message: message, next: next)
    }
    return steps
  }()
}

/// Reads an enclave's `--trace` file while it grows.
final class EnclaveTrace {
  private let descriptor: Int32
  private var pending: [UInt8] = []
  /// The steps of each connection so far, by its number.
  private(set) var steps: [Int: [EnclaveStep]] = [:]

  /// The highest number of a connection so far; -1 before the first.
  var lastConnection: Int { steps.keys.max() ?? -1 }

  init(path: String) { descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC) }

  deinit { close(descriptor) }

  /// Takes in what was written since.
  func update() {
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(descriptor, &piece, piece.count)
      guard count > 0 else { break }
      pending += piece[..<count]
    }
    while let end = pending.firstIndex(of: 0x0a) {
      let words = String(decoding: pending[..<end], as: UTF8.self).split(separator: " ")
      pending.removeSubrange(...end)
      if words.count == 2, let number = Int(words[0]),
        let step = EnclaveStep.byName[String(words[1])]
      {
        steps[number, default: []].append(step)
      }
    }
  }

  /// Waits until the steps satisfy a condition; false if the time is over first.
  func wait(milliseconds: Int, until condition: (EnclaveTrace) -> Bool) -> Bool {
    let deadline = Moment.now + UInt64(milliseconds) * 1_000_000
    while true {
      update()
      if condition(self) { return true }
      guard Moment.now < deadline else { return false }
      usleep(100)
    }
  }
}

/// Monotonic time in nanoseconds.
enum Moment {
  static var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Sleeps until then.
  static func sleep(until deadline: UInt64) {
    let now = now
    if deadline > now { usleep(UInt32(clamping: (deadline - now) / 1000)) }
  }
}
