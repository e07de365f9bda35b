import Glibc

/// A small file, mapped into memory, that holds the input that is running: what is left when the
/// process that ran it is not.
///
/// The process that fuzzes writes, with no system call for each execution; the one that supervises
/// it reads. Every access stays inside the mapping, whose size never changes.
@safe
public final class FuzzBlackBox {
  private enum Field: Int {
    case isRunning, executions, byteCount, edges, features, inputs, inputBytes, nanoseconds
  }
  private static let headBytes = 64

  private let memory: UnsafeMutableRawPointer
  private let maximumBytes: Int
  private var total: Int { Self.headBytes + maximumBytes }

  /// Maps the file at `path`, making it if need be, for inputs of at most `maximumBytes`.
  public init(path: String, maximumBytes: Int) throws(FuzzFileError) {
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unusableFile(path) }
    defer { close(descriptor) }
    let size = Self.headBytes + maximumBytes
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw .unusableFile(path) }
    let mapped = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
      throw .unusableFile(path)
    }
    unsafe memory = mapped
    self.maximumBytes = maximumBytes
  }

  deinit { _ = unsafe munmap(memory, total) }

  private subscript(field: Field) -> UInt64 {
    // Each field lies inside the head, aligned to its size.
    get { unsafe memory.load(fromByteOffset: field.rawValue * 8, as: UInt64.self) }
    set {
      unsafe memory.storeBytes(of: newValue, toByteOffset: field.rawValue * 8, as: UInt64.self)
    }
  }

  /// Makes the box as if nothing had run.
  public func clear() {
    for index in 0..<(Self.headBytes / 8) {
      unsafe memory.storeBytes(of: 0, toByteOffset: index * 8, as: UInt64.self)
    }
  }

  /// Notes the input that runs next; what is longer than the box is cut.
  public func willRun(_ input: [UInt8]) {
    let count = min(input.count, maximumBytes)
    unsafe input.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe (memory + Self.headBytes).copyMemory(from: base, byteCount: count)
    }
    self[.byteCount] = UInt64(count)
    self[.executions] &+= 1
    self[.isRunning] = 1
  }

  /// Notes that it came back.
  public func didRun() { self[.isRunning] = 0 }

  /// Notes figures, for whoever reports when this process cannot.
  public func publish(_ statistics: FuzzStatistics) {
    self[.edges] = UInt64(statistics.edges)
    self[.features] = UInt64(statistics.features)
    self[.inputs] = UInt64(statistics.corpusInputs)
    self[.inputBytes] = UInt64(statistics.corpusBytes)
    self[.nanoseconds] = statistics.nanoseconds
  }

  /// Whether an input began to run and did not come back.
  public var isRunning: Bool { self[.isRunning] != 0 }

  /// Executions begun so far.
  public var executions: UInt64 { self[.executions] }

  /// The input that ran last.
  public var input: [UInt8] {
    let count = Int(min(self[.byteCount], UInt64(maximumBytes)))
    // The bytes lie behind the head, inside the mapping.
    return unsafe Array(UnsafeRawBufferPointer(start: memory + Self.headBytes, count: count))
  }

  /// The figures that were noted last, with the executions of now.
  public var statistics: FuzzStatistics {
    var statistics = FuzzStatistics()
    statistics.executions = executions
    statistics.edges = Int(clamping: self[.edges])
    statistics.features = Int(clamping: self[.features])
    statistics.corpusInputs = Int(clamping: self[.inputs])
    statistics.corpusBytes = Int(clamping: self[.inputBytes])
    statistics.nanoseconds = self[.nanoseconds]
    return statistics
  }
}
