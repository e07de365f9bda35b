import CLinux
import EphemeralAttestation
import EphemeralRuntime
import Glibc

/// The security module's randomness for the kernel's generator (`Spec/Boot.md §6`).
enum KernelEntropy {
  /// The bits that one answer counts as: enough to seed the generator, an eighth of what it has.
  static let countedBits = 256
  /// An answer with fewer bytes cannot count as that.
  static let minimumBytes = 32
  private static let path = "/dev/urandom"

  /// Adds one answer of the device to the kernel's pool.
  static func seed(from device: any AttestationDevice) throws(BootError) {
    let random: [UInt8]
    do throws(NSMClientError) {
      random = try NSMClient(device).random()
    } catch {
      throw .device(error)
    }
    guard random.count >= minimumBytes else { throw .device(.malformedAnswer) }
    guard add(Array(random.prefix(Int(EPHML_ENTROPY_BYTES)))) else { throw .seed }
  }

  private static func add(_ bytes: [UInt8]) -> Bool {
    guard let pool = Descriptor(path: path, flags: O_RDWR) else { return false }
    // SAFETY: the call copies the bytes.
    return unsafe ephml_add_entropy(pool.number, bytes, bytes.count, Int32(countedBits)) == 0
  }
}
