/// A bounds-checked window on a tensor's elements in the arena.
///
/// It does not keep the memory alive: the tensor that it came from is held by the running call.
@safe struct Cells<Element: BitwiseCopyable> {
  /// The first element, for loops that have checked their ranges.
  let base: UnsafeMutablePointer<Element>
  /// How many elements there are.
  let count: Int

  /// A window of `count` elements at `base`.
  init(base: UnsafeMutablePointer<Element>, count: Int) {
    unsafe self.base = unsafe base
    self.count = count
  }

  /// One element. An index outside is a fault of the kernel, never of its inputs.
  subscript(index: Int) -> Element {
    @inline(__always) get {
      precondition(index >= 0 && index < count)
      return unsafe base[index]
    }
    @inline(__always) nonmutating set {
      precondition(index >= 0 && index < count)
      unsafe base[index] = newValue
    }
  }

  /// The elements from `start` on, `length` of them.
  @inline(__always)
  func window(_ start: Int, _ length: Int) -> Cells {
    precondition(start >= 0 && length >= 0 && start <= count - length)
    return unsafe Cells(base: base + start, count: length)
  }

  /// Sets every element.
  func fill(_ value: Element) { unsafe base.update(repeating: value, count: count) }

  /// Copies `length` elements of `source` from `from` on to `at` here.
  @inline(__always)
  func copy(_ source: Cells, from: Int, length: Int, at: Int) {
    precondition(from >= 0 && length >= 0 && from <= source.count - length)
    precondition(at >= 0 && at <= count - length)
    unsafe (base + at).update(from: source.base + from, count: length)
  }
}
