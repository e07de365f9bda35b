#if LibFuzzer
  internal import CCoverage
  import FuzzTargets
  import Glibc
  import PropertyTesting

  /// Hands a target to libFuzzer: `ephml-fuzz TARGET [libFuzzer's arguments]`.
  enum LibFuzzerMain {
    /// The target, for a callback that cannot carry one.
    nonisolated(unsafe) private static var target: FuzzTarget?

    static func run() {
      var arguments = CommandLine.arguments
      guard arguments.count > 1, let target = TargetList.named(arguments.remove(at: 1)) else {
        print("usage: ephml-fuzz TARGET [libFuzzer's arguments]")
        exit(2)
      }
      arguments.insert("-max_len=\(target.maximumBytes)", at: 1)
      unsafe self.target = target
      var count = Int32(arguments.count)
      // libFuzzer keeps the arguments until the process ends.
      let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
        capacity: arguments.count + 1)
      for (index, argument) in arguments.enumerated() {
        unsafe pointers[index] = unsafe strdup(argument)
      }
      unsafe pointers[arguments.count] = nil
      var start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe pointers
      let status = unsafe LLVMFuzzerRunDriver(&count, &start) { data, size in
        // libFuzzer lends so many bytes for the call.
        LibFuzzerMain.judge(unsafe Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
      }
      exit(status)
    }

    private static func judge(_ bytes: [UInt8]) {
      guard let target = unsafe target else { return }
      var notes = FuzzNotes()
      do throws(Violation) {
        try target.body(bytes, &notes)
      } catch {
        // What libFuzzer sees of a finding is a trap.
        fatalError(error.description)
      }
    }
  }
#endif
