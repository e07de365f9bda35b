/// Copies a span into another from an offset on, in one move; the source must fit.
package func copy(_ source: Span<UInt8>, to target: inout MutableSpan<UInt8>, at offset: Int) {
  precondition(offset >= 0 && source.count <= target.count - offset, "does not fit")
  // The pointers live for the closures, and the lengths were compared above.
  unsafe source.withUnsafeBufferPointer { from in
    unsafe target.withUnsafeMutableBufferPointer { to in
      guard let start = from.baseAddress, let end = to.baseAddress else { return }
      unsafe (end + offset).update(from: start, count: from.count)
    }
  }
}
