extension Fingerprint {
  /// The least fingerprint over all permutations of `count` interchangeable parts: what a system
  /// returns from ``ExplorableSystem/canonicalFingerprint(of:)``.
  ///
  /// `fingerprint` gets a permutation: the part that takes each place. It makes the fingerprint of
  /// the state whose parts, and all that names parts, are moved accordingly. All `count!`
  /// permutations are tried, so `count` is at most 8.
  @inlinable
  public static func least(
    overPermutationsOf count: Int, _ fingerprint: ([Int]) -> Fingerprint
  ) -> Fingerprint {
    precondition((0...8).contains(count), "too many permutations")
    var permutation = Array(0..<count)
    var least = fingerprint(permutation)
    // Heap's algorithm without recursion: each permutation from the one before by one swap.
    var turns = Array(repeating: 0, count: count)
    var index = 1
    while index < count {
      if turns[index] < index {
        permutation.swapAt(index % 2 == 0 ? 0 : turns[index], index)
        least = min(least, fingerprint(permutation))
        turns[index] += 1
        index = 1
      } else {
        turns[index] = 0
        index += 1
      }
    }
    return least
  }
}
