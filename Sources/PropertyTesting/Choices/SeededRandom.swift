/// The pseudo-random generator behind every draw: xoshiro256**, its state filled by SplitMix64.
///
/// Equal seeds give equal sequences on every machine. Both algorithms are by Blackman and Vigna
/// ("Scrambled Linear Pseudorandom Number Generators", 2018, and its reference notes). Not for
/// secrets.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// A generator at the start of the sequence of `seed`.
  public init(seed: UInt64) {
    var filler = seed
    // The filler never gives four zeros in a row, the one state that xoshiro cannot leave.
    state = (
      Self.splitMix(&filler), Self.splitMix(&filler), Self.splitMix(&filler),
      Self.splitMix(&filler)
    )
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    let product = state.1 &* 5
    let result = (product << 7 | product >> 57) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = state.3 << 45 | state.3 >> 19
    return result
  }

  /// A number of `0 ... maximum`, each as likely as the next.
  public mutating func upTo(_ maximum: UInt64) -> UInt64 {
    UInt64.random(in: 0...maximum, using: &self)
  }

  /// True once in `n` draws on average.
  public mutating func oneIn(_ n: UInt64) -> Bool { upTo(max(n, 1) - 1) == 0 }

  /// Mixes numbers into one seed, so that cases of one run draw from unrelated sequences.
  public static func mix(_ parts: UInt64...) -> UInt64 {
    var state: UInt64 = 0x6a09_e667_f3bc_c908
    var result: UInt64 = 0
    for part in parts {
      state ^= part
      result = splitMix(&state)
      state = result
    }
    return result
  }

  private static func splitMix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
