/// A program with its shapes resolved: a list of steps over one block of activations.
struct Binding {
  /// The input shapes that it is for.
  let shapes: [Shape]
  let inputs: [BoundValue]
  let outputs: [BoundValue]
  let steps: [PooledJob]
  /// Small tensors that steps read, held for them.
  let knowns: [Tensor]
  /// Bytes of the activations, scratch included.
  let activationBytes: Int
  let scratchOffset: Int
  let scratchBytes: Int
  /// Ranges that no step may touch, in tests.
  let guards: [Range<Int>]
  /// The last request for it, where the weights stay open.
  var answered: AnsweredRequest?
}
