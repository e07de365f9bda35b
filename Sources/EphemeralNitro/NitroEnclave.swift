import EphemeralAttestation
import EphemeralRuntime

/// `ephml-enclave` of a Production build: an ordinary program, or an image's whole user space.
public struct NitroEnclave {
  /// Whether process 1 started this one, and nothing else is here (`Spec/Boot.md §1`).
  let isWholeUserSpace: Bool

  /// Runs the program to its end, and as process 1 the machine to its end.
  public static func main() -> Never {
    guard FirstProcess.isThis else {
      EnclaveProgram(NitroEnclave(isWholeUserSpace: false).platform).main()
    }
    FirstProcess.becomeEnclave()
    let arguments: [String]
    do throws(BootError) {
      arguments = try EnclaveBoot.run()
    } catch {
      ServerFailure("boot: \(error.message)").exit(program: "ephml-enclave")
    }
    EnclaveProgram(NitroEnclave(isWholeUserSpace: true).platform).main(arguments: arguments)
  }

  /// The security module of a real enclave; its registers are what a client pins.
  var platform: EnclavePlatform {
    var platform = EnclavePlatform(
      options: [], exampleAddress: "vsock://any:7100", requiresGuards: true,
      open: { (_) throws(ServerFailure) in try open() })
    platform.serveOptions = NitroServeOptions.specifications
    platform.prepareServing = { (command) throws(ServerFailure) in
      let options = try NitroServeOptions(command, sendsHeartbeat: isWholeUserSpace)
      return { (device, reactor) throws(ServerFailure) in
        try options.prepare(NSMClient(device), over: reactor)
      }
    }
    return platform
  }

  private func open() throws(ServerFailure) -> EnclaveDevice {
    do throws(AttestationDeviceError) {
      let device = try NitroSecurityModule()
      // Done at boot already, and else not necessary: somebody else brought this machine up.
      if !isWholeUserSpace { try? KernelEntropy.seed(from: device) }
      return EnclaveDevice(device: device) { () throws(ServerFailure) in
        try Self.policy(of: device)
      }
    } catch {
      throw ServerFailure("\(error.message)")
    }
  }

  /// The policy that pins what the device measured.
  static func policy(of device: any AttestationDevice) throws(ServerFailure) -> String {
    do throws(NSMClientError) {
      let pin = try NSMClient(device).pin()
      do throws(PolicyError) {
        return try MeasurementPolicy(measurements: [pin]).canonicalJSON
      } catch {
        // One pin of registers that were checked is a policy.
        throw NSMClientError.malformedAnswer
      }
    } catch {
      throw ServerFailure(error.message)
    }
  }
}
