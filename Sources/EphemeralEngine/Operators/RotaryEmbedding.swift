internal import EphemeralModel

/// `RotaryEmbedding`: rotates pairs of each head by angles whose cosines and sines are given.
struct RotaryEmbedding: RealOperation {
  private let interleaves: Bool
  private let rotated: Int
  private let heads: Int?

  init(_ node: NodeReader) throws(EngineError) {
    interleaves = try node.flag("interleaved")
    rotated = try node.int("rotary_embedding_dim", 0)
    heads = try node.int("num_heads")
    guard rotated >= 0, rotated % 2 == 0 else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    let layout = try HeadLayout(shape, heads: heads)
    let width = rotated == 0 ? layout.size : rotated
    guard width <= layout.size, width % 2 == 0 else { throw .shapeMismatch }
    let half = width / 2
    let (cosines, sines) = (try call.cells(1, type), try call.cells(2, type))
    let tables = try call.input(1).shape
    guard try call.input(2).shape == tables, tables.dims.last == half else { throw .shapeMismatch }
    let positions = call.optional(3)
    if let positions {
      guard tables.rank == 2, positions.shape.dims == [layout.batches, layout.length] else {
        throw .shapeMismatch
      }
    } else {
      guard tables.dims == [layout.batches, layout.length, half] else { throw .shapeMismatch }
    }
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, shape)
    if out.count == 0 { return }
    for batch in 0..<layout.batches {
      for step in 0..<layout.length {
        let place = batch * layout.length + step
        let angle = try (positions?.place(place, below: tables[0]) ?? place) * half
        for head in 0..<layout.heads {
          let source = layout.matrix(x, batch, head).cells
          let target = layout.matrix(out, batch, head).cells
          let row = step * layout.rowStep
          for pair in 0..<half {
            let first = row + (interleaves ? 2 * pair : pair)
            let second = first + (interleaves ? 1 : half)
            let (a, b) = (source[first], source[second])
            let (cosine, sine) = (cosines[angle + pair], sines[angle + pair])
            target[first] = cosine * a - sine * b
            target[second] = sine * a + cosine * b
          }
          for rest in width..<layout.size { target[row + rest] = source[row + rest] }
        }
      }
    }
  }
}
