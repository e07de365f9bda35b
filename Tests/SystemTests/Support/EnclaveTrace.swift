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

  /// By the name that `--trace` writes, such as `ready-close-always`.
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
      steps[cells[0]] = EnclaveStep(state: state, message: message, next: next)
    }
    return steps
  }()
}

/// Reads an enclave's `--trace` file while it grows.
final class EnclaveTrace {
  private let descriptor: Int32
  private var pending: [UInt8] = []
  /// The number of each connection, by the name of its run, in the order of their first steps.
  private var numbers: [String: Int] = [:]
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
      let line = try? JSONParser.parse(Array(pending[..<end]))
      pending.removeSubrange(...end)
      if case .string(let run)? = line?["session"], case .string(let row)? = line?["row"],
        let step = EnclaveStep.byName[row]
      {
        let number = numbers[run] ?? numbers.count
        numbers[run] = number
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
