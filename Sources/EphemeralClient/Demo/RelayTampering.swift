internal import EphemeralWire

/// What a relay does to the frames that pass it, in the place of a hostile host.
enum RelayTampering: Sendable {
  /// Nothing.
  case none
  /// Flips one bit in the middle of the first weight chunk on its way to the enclave.
  case flipWeightByte
  /// Sends the client's second sealed frame, the first inference request, a second time.
  case replayRequest

  /// Whether bytes change on the way.
  var isFlip: Bool {
    if case .flipWeightByte = self { return true }
    return false
  }

  /// What is sent on instead of one frame.
  ///
  /// - Parameters:
  ///   - frame: head and payload as they came.
  ///   - ordinal: how many frames of this type came before in this direction.
  func forward(_ frame: [UInt8], type: UInt8, ordinal: Int) -> [[UInt8]] {
    switch self {
    case .none: return [frame]
    case .flipWeightByte:
      guard type == FrameType.weightChunk.rawValue, ordinal == 0 else { return [frame] }
      var changed = frame
      changed[5 + (changed.count - 5) / 2] ^= 1
      return [changed]
    case .replayRequest:
      let isRequest = type == FrameType.sealed.rawValue && ordinal == 1
      return isRequest ? [frame, frame] : [frame]
    }
  }
}
