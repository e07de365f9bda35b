import EphemeralAttestation

/// Why an enclave does not come up (`Spec/Boot.md §3`).
enum BootError: Error, Equatable {
  /// `/enclave.arguments` cannot be read.
  case argumentsUnreadable
  /// `/enclave.arguments` is not what it should be.
  case arguments(BootArgumentsError)
  /// A file system cannot be mounted.
  case mount(path: String, code: Int32)
  /// `/proc/cmdline` cannot be read.
  case commandLineUnreadable
  /// The kernel runs under another command line.
  case commandLine(CommandLineError)
  /// More than ``KernelModules/maximumModules``.
  case tooManyModules
  /// A file among the modules is not named like one.
  case notAModule
  /// The kernel refuses a module.
  case module(name: String, code: Int32)
  /// `/dev/nsm` does not appear.
  case noSecurityModule
  /// The security module gives no random bytes.
  case device(NSMClientError)
  /// The kernel's generator does not take the random bytes.
  case seed

  /// One line for people. Names of modules are the image's own.
  var message: String {
    switch self {
    case .argumentsUnreadable: "\(BootArguments.path) cannot be read"
    case .arguments(let error): "\(BootArguments.path) \(error.message)"
    case .mount(let path, let code): "\(path) cannot be mounted (error \(code))"
    case .commandLineUnreadable: "the kernel's command line cannot be read"
    case .commandLine(let error): "\(error.message)"
    case .tooManyModules: "\(KernelModules.folder) has too many modules"
    case .notAModule: "\(KernelModules.folder) has a file that is not named NN-NAME.ko"
    case .module(let name, let code): "the kernel refuses the module \(name) (error \(code))"
    case .noSecurityModule: "\(NitroSecurityModule.devicePath) does not appear"
    case .device(let error): error.message
    case .seed: "the kernel's generator cannot be seeded"
    }
  }
}
