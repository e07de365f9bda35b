/// An address for C calls that want a pointer also with a count of zero; never read from.
private let nowhere: UInt = 16

extension Span where Element == UInt8 {
  /// Lends the bytes to a C call; the pointer is never null, also for an empty span.
  func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafePointer<UInt8>, Int) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafeBufferPointer { (buffer) throws(Failure) -> Result in
      guard let start = unsafe buffer.baseAddress ?? UnsafePointer(bitPattern: nowhere)
      else { preconditionFailure("a constant address is not null") }
      return try unsafe body(start, buffer.count)
    }
  }
}

extension MutableSpan where Element == UInt8 {
  /// Lends the bytes to a C call for writing; the pointer is never null, also for an empty span.
  mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutablePointer<UInt8>, Int) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafeMutableBufferPointer { (buffer) throws(Failure) -> Result in
      guard let start = unsafe buffer.baseAddress ?? UnsafeMutablePointer(bitPattern: nowhere)
      else { preconditionFailure("a constant address is not null") }
      return try unsafe body(start, buffer.count)
    }
  }
}
