internal import EphemeralAttestation
internal import EphemeralCrypto
internal import EphemeralRuntime

/// Secrets that the demo plants where the host must never see them.
struct DemoCanaries {
  /// The canary of the topology: the model's name.
  let modelName: String
  /// The canary of the input: a picture of random grey.
  let picture: TensorValue
  /// Some of the weights as they stand in the ONNX file.
  let weights: [UInt8]
  /// The canary of the output: what the model answers to that picture.
  var answer: [UInt8] = []

  /// Draws fresh canaries; `model` is the ONNX file.
  init(model: [UInt8]) throws(ClientFailure) {
    let random: [UInt8]
    do { random = try Entropy.bytes(count: 16 + 2 * 64) } catch {
      throw ClientFailure(.failed, "the system gives no random bytes")
    }
    modelName = "canary-" + Hexadecimal.encode(Array(random[..<16]))
    let greys = (0..<64).map { index -> Float in
      let bits = UInt16(random[16 + 2 * index]) << 8 | UInt16(random[17 + 2 * index])
      return (Float(bits) + 0.5) / 65_536
    }
    guard let picture = TensorValue(floats: greys, shape: [1, 1, 8, 8]), model.count > 30_064
    else { throw ClientFailure(.failed, "the bundled model is damaged") }
    self.picture = picture
    // In the middle of the file lie the first dense layer's weights.
    weights = Array(model[30_000..<30_064])
  }

  /// A scanner for all of them.
  var scanner: CanaryScanner {
    CanaryScanner([
      CanaryScanner.Canary(name: "topology", bytes: Array(modelName.utf8)),
      CanaryScanner.Canary(name: "weights", bytes: weights),
      CanaryScanner.Canary(name: "input", bytes: picture.bytes),
      CanaryScanner.Canary(name: "output", bytes: answer),
    ])
  }

  static let names = ["topology", "weights", "input", "output"]
}
