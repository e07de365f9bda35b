import Glibc

/// Why a server program ends: one line for people and a code for scripts.
public struct ServerFailure: Error, Equatable, Sendable {
  /// The line, without the program's name.
  public let message: String
  /// How the process ends.
  public let exitCode: ExitCode

  /// Groups the two.
  public init(_ message: String, exitCode: ExitCode = .failed) {
    self.message = message
    self.exitCode = exitCode
  }

  /// Prints the failure in one line and ends the process.
  public func exit(program: String) -> Never {
    StandardStream.error("\(program): \(message)\n")
    Glibc.exit(exitCode.rawValue)
  }
}

/// What the two servers' programs have in common.
enum ServerMain {
  /// Ends the process in order.
  static func finish() -> Never { Glibc.exit(ExitCode.done.rawValue) }

  static func address(_ command: ParsedCommand, _ option: String) throws(ServerFailure) -> Address {
    let text = command.value(option) ?? ""
    do throws(AddressError) {
      return try Address(text)
    } catch {
      throw ServerFailure("\(option): \(error.message)", exitCode: .usage)
    }
  }

  /// The address of an option that connections are made to.
  static func peer(_ command: ParsedCommand, _ option: String) throws(ServerFailure) -> Address {
    let address = try address(command, option)
    do throws(AddressError) {
      return try address.forConnecting()
    } catch {
      throw ServerFailure("\(option): \(error.message)", exitCode: .usage)
    }
  }

  static func integer(
    _ command: ParsedCommand, _ option: String, in range: ClosedRange<Int>, default fallback: Int
  ) throws(ServerFailure) -> Int {
    do throws(UsageError) {
      return try command.integer(option, in: range, default: fallback)
    } catch {
      throw ServerFailure(error.message, exitCode: .usage)
    }
  }

  static func loop(computeThreads: Int, blockingThreads: Int) throws(ServerFailure) -> EventLoop {
    do throws(ReactorError) {
      return try EventLoop(computeThreads: computeThreads, blockingThreads: blockingThreads)
    } catch {
      throw ServerFailure("\(error.message)")
    }
  }

  static func audit(
    _ command: ParsedCommand, role: AuditRole, loop: EventLoop
  ) throws(ServerFailure) -> AuditLog? {
    guard let path = command.value("--audit") else { return nil }
    do throws(StoreError) {
      return try AuditLog(role: role, path: path, unixSeconds: loop.unixSeconds)
    } catch {
      let problem =
        switch error {
        case .malformed:
          "is not the audit log of \(role.rawValue == "host" ? "a host" : "an enclave")"
        case .busy: "is being written by another process"
        case .full: "cannot be written: the disk is full"
        default: "cannot be opened"
        }
      throw ServerFailure("\(path): \(problem)")
    }
  }

  static func start(
    _ address: Address, _ start: (Address) throws(ReactorError) -> Address
  ) throws(ServerFailure) {
    do throws(ReactorError) {
      StandardStream.output("listening \(try start(address))\n")
    } catch {
      throw ServerFailure("\(address): \(error.message)")
    }
  }

  /// Serves until a signal comes, then until `isIdle`, at most the stop time.
  static func serve(
    _ loop: EventLoop, program: String, stop: @escaping () -> Void, isIdle: @escaping () -> Bool
  ) throws(ServerFailure) {
    var isStopping = false
    var isLate = false
    do throws(ReactorError) {
      let signals = try TerminationSignals(loop: loop) {
        guard !isStopping else { return }
        isStopping = true
        StandardStream.error("\(program): stopping\n")
        stop()
        _ = loop.schedule(afterNanoseconds: DriverLimits.stopNanoseconds) { isLate = true }
      }
      loop.run { !isLate && !(isStopping && isIdle()) }
      withExtendedLifetime(signals) {}
    } catch {
      throw ServerFailure("\(error.message)")
    }
    if isLate { throw ServerFailure("some sessions did not end in time") }
  }

  /// The trace of `--trace`; nil without the option.
  static func trace(
    _ command: ParsedCommand, program: String
  ) throws(ServerFailure) -> TransitionTrace? {
    guard let path = command.value("--trace") else { return nil }
    do throws(TraceError) {
      return try TransitionTrace(path: path) { StandardStream.error("\(program): \($0)\n") }
    } catch {
      throw ServerFailure("\(path): \(error.message)")
    }
  }
}
