/// ONNX messages for the tests, as encoded bytes.
public enum ONNX {
  /// A ModelProto; `domains` are imported beside ONNX's own, in version 1.
  public static func model(
    graph: [UInt8], opset: Int = 17, functions: [[UInt8]] = [], version: Int = 3,
    domains: [String] = []
  ) -> [UInt8] {
    ProtobufEncoder.message {
      $0.field(1, int: 8)
      $0.field(2, text: "tests")
      $0.field(5, int: version)
      $0.field(8) { $0.field(2, int: opset) }
      for domain in domains {
        $0.field(8) {
          $0.field(1, text: domain)
          $0.field(2, int: 1)
        }
      }
      for function in functions { $0.field(25, bytes: function) }
      $0.field(7, bytes: graph)
    }
  }

  /// A GraphProto.
  public static func graph(
    nodes: [[UInt8]], initializers: [[UInt8]] = [], inputs: [[UInt8]], outputs: [[UInt8]]
  ) -> [UInt8] {
    ProtobufEncoder.message {
      for node in nodes { $0.field(1, bytes: node) }
      $0.field(2, text: "secret-graph-name")
      for tensor in initializers { $0.field(5, bytes: tensor) }
      for input in inputs { $0.field(11, bytes: input) }
      for output in outputs { $0.field(12, bytes: output) }
    }
  }

  /// A NodeProto.
  public static func node(
    _ operation: String, _ inputs: [String], _ outputs: [String], attributes: [[UInt8]] = [],
    name: String = "", domain: String = ""
  ) -> [UInt8] {
    ProtobufEncoder.message {
      for input in inputs { $0.field(1, text: input) }
      for output in outputs { $0.field(2, text: output) }
      $0.field(3, text: name)
      $0.field(4, text: operation)
      for attribute in attributes { $0.field(5, bytes: attribute) }
      $0.field(7, text: domain)
    }
  }

  /// An AttributeProto of a kind.
  public static func attribute(
    _ name: String, kind: Int, _ body: (inout ProtobufEncoder) -> Void
  ) -> [UInt8] {
    ProtobufEncoder.message {
      $0.field(1, text: name)
      body(&$0)
      $0.field(20, int: kind)
    }
  }

  /// An attribute with one integer.
  public static func int(_ name: String, _ value: Int) -> [UInt8] {
    attribute(name, kind: 2) { $0.field(3, int: value) }
  }

  /// An attribute with several integers.
  public static func ints(_ name: String, _ values: [Int]) -> [UInt8] {
    attribute(name, kind: 7) { encoder in for value in values { encoder.field(8, int: value) } }
  }

  /// A ValueInfoProto; nil in the shape is a free axis.
  public static func value(_ name: String, type: Int = 1, shape: [Int?] = [nil, 4]) -> [UInt8] {
    ProtobufEncoder.message {
      $0.field(1, text: name)
      $0.field(2) {
        $0.field(1) {
          $0.field(1, int: type)
          $0.field(2) {
            for size in shape {
              $0.field(1) {
                if let size { $0.field(1, int: size) } else { $0.field(2, text: "batch") }
              }
            }
          }
        }
      }
    }
  }

  /// A TensorProto whose data `data` writes.
  public static func tensor(
    _ name: String, type: Int = 1, shape: [Int], _ data: (inout ProtobufEncoder) -> Void
  ) -> [UInt8] {
    ProtobufEncoder.message {
      for size in shape { $0.field(1, int: size) }
      $0.field(2, int: type)
      $0.field(8, text: name)
      data(&$0)
    }
  }

  /// A float tensor with raw data.
  public static func raw(_ name: String, _ floats: [Float], shape: [Int]) -> [UInt8] {
    tensor(name, shape: shape) { $0.field(9, bytes: bytes(floats)) }
  }

  /// Floats, little-endian.
  public static func bytes(_ floats: [Float]) -> [UInt8] {
    floats.flatMap { number in
      (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> UInt32(8 * $0)) }
    }
  }

  /// x[batch, 4] → Gemm with w and b → Relu → y; `canary` is the first weight.
  public static func perceptron(canary: Float = 0.5, opset: Int = 17) -> [UInt8] {
    let weights = [canary] + (1..<12).map { Float($0) / 7 }
    return model(
      graph: graph(
        nodes: [
          node("Gemm", ["x", "hidden.weight", "hidden.bias"], ["h"], name: "dense"),
          node("Relu", ["h"], ["y"], name: "activation"),
        ],
        initializers: [
          raw("hidden.weight", weights, shape: [4, 3]), raw("hidden.bias", [1, 2, 3], shape: [3]),
          raw("unused", [9, 9, 9, 9], shape: [4]),
        ],
        inputs: [value("x")], outputs: [value("y", shape: [nil, 3])]), opset: opset)
  }
}
