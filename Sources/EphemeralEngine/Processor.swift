internal import CLinux
internal import EphemeralKernels
#if arch(x86_64)
  internal import EphemeralKernelsWide
#endif
internal import KernelInterface

/// What the kernels need of the processor.
public enum Processor {
  /// Whether this processor has the vector instructions that the kernels were compiled for.
  ///
  /// On x86-64 these are AVX2 and FMA. A main function asks before anything else and refuses to
  /// start without them, since the first kernel would be an illegal instruction.
  public static var supportsKernels: Bool { ephml_cpu_supports_kernels() != 0 }

  /// The name of the kernels that this processor runs: `avx512`, `avx2` or `generic`.
  public static var kernelName: String { kernels.name }

  /// The widest kernels that this processor has; all give the same bits.
  static let kernels: KernelTable = tables.last ?? EphemeralKernels.Kernels.table

  /// The kernels that this processor can run, the widest last.
  static let tables: [KernelTable] = {
    var tables = [EphemeralKernels.Kernels.table]
    #if arch(x86_64)
      if ephml_cpu_supports_wide_kernels() != 0 {
        tables.append(EphemeralKernelsWide.Kernels.table)
      }
    #endif
    return tables
  }()
}
