internal import EphemeralModel

/// What an attention's node says of which keys a query sees.
struct AttentionRule: Sendable {
  let isCausal: Bool
  /// How far to either side of itself a query sees; −1 for any distance.
  let left: Int
  let right: Int
}

/// What is added to the scores of an attention: mask, causality, window, padding.
struct AttentionBias<T: Real> {
  private let rule: AttentionRule
  /// The place of the first query among the keys, for each batch.
  private let offsets: [Int]
  /// How many keys are no padding, for each batch.
  private let valid: [Int]?
  private let truths: Cells<UInt8>?
  private let numbers: Cells<T>?
  /// How far apart the mask's elements lie along batch, head, query and key.
  private let steps: [Int]
  private let maskLength: Int

  /// Reads mask (input 3), past (4) and lengths (6) of an `Attention`.
  ///
  /// - Parameter total: how many keys there are, those of the past included.
  init(_ call: borrowing Call, rule: AttentionRule, query: HeadLayout, total: Int)
    throws(EngineError)
  {
    self.rule = rule
    let lengths = try call.wideIntegers(6)
    guard lengths == nil || lengths?.count == query.batches else { throw .shapeMismatch }
    let past = call.optional(4)?.shape.dims.dropFirst(2).first
    guard past == nil || lengths == nil else { throw .shapeMismatch }
    var (valid, offsets): ([Int], [Int]) = ([], [])
    for batch in 0..<query.batches {
      let length = lengths.map { Int($0[batch]) }
      guard length ?? 0 >= 0, length ?? 0 <= total else { throw .indexOutOfRange }
      if let length { valid.append(length) }
      offsets.append(past ?? length.map { $0 - query.length } ?? 0)
    }
    self.valid = lengths == nil ? nil : valid
    self.offsets = offsets
    guard let mask = call.optional(3) else {
      (truths, numbers, steps, maskLength) = (nil, nil, [0, 0, 0, 0], total)
      return
    }
    // A mask that is too short hides the keys behind its end.
    guard mask.shape.rank >= 1, mask.shape.rank <= 4,
      let last = mask.shape.dims.last, last <= total
    else { throw .shapeMismatch }
    let whole = try Shape([query.batches, query.heads, query.length, last])
    guard try mask.shape.broadcast(with: whole) == whole else { throw .shapeMismatch }
    maskLength = last
    steps = mask.shape.strides(broadcastTo: whole)
    truths = mask.type == .bool ? try call.truths(3) : nil
    numbers = mask.type == .bool ? nil : try call.cells(3, T.self)
  }

  /// What is added to one score; minus infinity where the query does not see the key.
  @inline(__always)
  func value(_ batch: Int, _ head: Int, _ row: Int, _ key: Int) -> T {
    let place = row + offsets[batch]
    if rule.isCausal && key > place { return -T.infinity }
    if rule.left >= 0 && place - key > rule.left { return -T.infinity }
    if rule.right >= 0 && key - place > rule.right { return -T.infinity }
    if let valid, key >= valid[batch] { return -T.infinity }
    if key >= maskLength { return -T.infinity }
    let at = batch * steps[0] + head * steps[1] + row * steps[2] + key * steps[3]
    if let truths { return truths[at] != 0 ? 0 : -T.infinity }
    return numbers?[at] ?? 0
  }
}
