internal import CLinux

/// What the kernels need of the processor.
public enum Processor {
  /// Whether this processor has the vector instructions that the kernels were compiled for.
  ///
  /// On x86-64 these are AVX2 and FMA. A main function asks before anything else and refuses to
  /// start without them, since the first kernel would be an illegal instruction.
  public static var supportsKernels: Bool { ephml_cpu_supports_kernels() != 0 }
}
