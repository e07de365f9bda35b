internal import EphemeralModel

/// `NonMaxSuppression`: the boxes of each class that no better one covers.
struct NonMaxSuppression: Operation {
  private let isCentered: Bool

  init(_ node: NodeReader) throws(EngineError) { isCentered = try node.flag("center_point_box") }

  func run(_ call: inout Call) throws(EngineError) {
    let (boxes, scores) = (try call.input(0).shape, try call.input(1).shape)
    guard boxes.rank == 3, boxes[2] == 4, scores.rank == 3, scores[0] == boxes[0],
      scores[2] == boxes[1]
    else { throw .shapeMismatch }
    let limit = min(max(try call.integer(2) ?? 0, 0), boxes[1])
    let overlap = try threshold(call, 3) ?? 0
    let least = try threshold(call, 4)
    let corners = try call.cells(0, Float.self)
    let values = try call.cells(1, Float.self)
    let most = try Shape([scores[0], scores[1], limit, 3]).count
    let found = try call.scratch(Int64.self, most)
    let kept = try call.scratch(Int.self, max(limit, 1))
    let sorter = try PlaceSorter(&call, count: boxes[1])
    var count = 0
    for group in 0..<(limit > 0 ? scores[0] * scores[1] : 0) {
      try call.charge(boxes[1], limit)
      let image = group / scores[1]
      let own = values.window(group * boxes[1], boxes[1])
      let order = try sorter.sorted(call) { own[$1].sortsBefore(own[$0]) }
      var chosen = 0
      for rank in 0..<boxes[1] where chosen < limit {
        let candidate = order[rank]
        if let least, !(own[candidate] > least) { continue }
        let box = box(corners, image * boxes[1] + candidate)
        let isCovered = (0..<chosen).contains { at in
          self.box(corners, image * boxes[1] + kept[at]).covers(box, beyond: overlap)
        }
        if isCovered { continue }
        kept[chosen] = candidate
        chosen += 1
        let at = 3 * count
        (found[at], found[at + 1], found[at + 2]) =
          (Int64(image), Int64(group % scores[1]), Int64(candidate))
        count += 1
      }
    }
    let out = try call.cells(output: 0, Int64.self, Shape([count, 3]))
    out.copy(found, from: 0, length: 3 * count, at: 0)
  }

  private func threshold(_ call: borrowing Call, _ index: Int) throws(EngineError) -> Float? {
    guard call.optional(index) != nil else { return nil }
    let cells = try call.cells(index, Float.self)
    guard cells.count == 1 else { throw .shapeMismatch }
    return cells[0]
  }

  private struct Box {
    let (top, left, bottom, right): (Float, Float, Float, Float)

    func covers(_ other: Box, beyond threshold: Float) -> Bool {
      let width = min(right, other.right) - max(left, other.left)
      let height = min(bottom, other.bottom) - max(top, other.top)
      guard width > 0, height > 0 else { return false }
      let common = width * height
      let (mine, theirs) = (area, other.area)
      let union = mine + theirs - common
      guard common > 0, mine > 0, theirs > 0, union > 0 else { return false }
      return common / union > threshold
    }

    private var area: Float { (bottom - top) * (right - left) }
  }

  private func box(_ corners: Cells<Float>, _ at: Int) -> Box {
    let (a, b, c, d) =
      (corners[4 * at], corners[4 * at + 1], corners[4 * at + 2], corners[4 * at + 3])
    if isCentered {
      return Box(top: b - d / 2, left: a - c / 2, bottom: b + d / 2, right: a + c / 2)
    }
    return Box(top: min(a, c), left: min(b, d), bottom: max(a, c), right: max(b, d))
  }
}
