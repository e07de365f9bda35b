internal import EphemeralModel

/// An 8 × 8 picture of a handwritten digit, 0 (paper) to 16 (ink).
struct DigitPicture: Equatable {
  static let side = 8
  let pixels: [UInt8]

  /// The ten bundled digits; nil only if the generated file were damaged.
  static var bundled: [DigitPicture]? {
    guard let bytes = Base64.decode(BundledDigits.pictures), bytes.count == 10 * side * side else {
      return nil
    }
    return (0..<10).map { DigitPicture(pixels: Array(bytes[$0 * 64..<($0 + 1) * 64])) }
  }

  /// The model's input: [1, 1, 8, 8] float32 from 0 to 1.
  var tensor: TensorValue? {
    TensorValue(floats: pixels.map { Float($0) / 16 }, shape: [1, 1, Self.side, Self.side])
  }

  /// Eight rows of sixteen characters.
  var rows: [String] {
    let shades: [Character] = [" ", "░", "▒", "▓", "█"]
    return (0..<Self.side).map { row in
      String(
        pixels[row * Self.side..<(row + 1) * Self.side].flatMap { pixel in
          [Character](repeating: shades[(min(16, Int(pixel)) + 3) / 4], count: 2)
        })
    }
  }
}
