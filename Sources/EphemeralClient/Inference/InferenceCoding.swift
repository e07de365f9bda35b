internal import EphemeralCrypto
internal import EphemeralModel
internal import EphemeralRuntime
internal import EphemeralWire

/// A tensor and the graph's name for it.
struct NamedTensor: Equatable {
  let name: String
  let value: TensorValue
}

/// InferRequest and InferResult's response as tensors (Spec/Protocol.md, "Inference").
enum InferenceCoding {
  /// The request's CBOR with fresh random bytes.
  ///
  /// - Throws: ``ClientFailure`` where the inputs exceed a bound or memory is short.
  static func request(
    sequence: UInt64, inputs: [NamedTensor]
  ) throws(ClientFailure) -> SecretBytes {
    let headers = inputs.map {
      TensorHeader(name: $0.name, elementType: $0.value.elementType, shape: $0.value.shape)
    }
    do {
      let random = try SecretBytes(randomCount: InferRequest.randomBytes)
      let count = try InferRequest.byteCount(sequence: sequence, tensors: headers)
      var request = try SecretBytes(count: count)
      try request.withMutableSpan { output in
        let layout = try random.withSpan {
          try InferRequest.encode(
            sequence: sequence, random: $0, tensors: headers, into: &output)
        }
        for (tensor, input) in zip(layout.tensors, inputs) {
          for index in 0..<tensor.data.count {
            output[tensor.data.lowerBound + index] = input.value.bytes[index]
          }
        }
      }
      return request
    } catch is WireError {
      throw ClientFailure(.failed, "the inputs are too many or too large to send")
    } catch {
      throw ClientFailure(.failed, "no memory for the inputs")
    }
  }

  /// The response's tensors in the order sent.
  ///
  /// - Throws: ``ClientFailure`` for bytes that are no response.
  static func outputs(in response: Span<UInt8>) throws(ClientFailure) -> [NamedTensor] {
    let layout: InferResponse
    do { layout = try InferResponse(decoding: response) } catch {
      throw ClientFailure(.peer, "the enclave's response is malformed")
    }
    var outputs: [NamedTensor] = []
    for tensor in layout.tensors {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(tensor.data.count)
      for index in tensor.data { bytes.append(response[index]) }
      guard
        let value = TensorValue(
          elementType: tensor.elementType, shape: tensor.shape, bytes: bytes)
      else { throw ClientFailure(.peer, "the enclave's response is malformed") }
      outputs.append(NamedTensor(name: tensor.name(in: response), value: value))
    }
    return outputs
  }
}
