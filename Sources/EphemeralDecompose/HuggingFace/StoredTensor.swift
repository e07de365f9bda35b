/// A tensor of a safetensors file on its way to the blob, where it is float32 and perhaps
/// transposed.
struct StoredTensor {
  /// Bytes of the file that are in memory at once, unless one column of a matrix is more.
  static let bandBytes = 8 << 20

  let file: InputFile
  let range: Range<Int>
  let format: StoredFloat
  /// The matrix in the file, row after row; a vector is one row.
  let rows: Int
  let columns: Int
  let isTransposed: Bool

  /// Appends the tensor's values to the blob.
  func copy<Sink: ByteSink & ~Copyable>(to blob: inout Sink) throws(DecomposeError) {
    guard !range.isEmpty else { return }
    if isTransposed {
      try copyColumns { line throws(DecomposeError) in try blob.write(line) }
    } else if format == .float32 {
      try blob.write(file, range)
    } else {
      try copyConverted(to: &blob)
    }
  }

  private func copyConverted<Sink: ByteSink & ~Copyable>(to blob: inout Sink) throws(DecomposeError)
  {
    var piece = [UInt8](repeating: 0, count: min(range.count, 64 << 10))
    var values = [UInt8](repeating: 0, count: piece.count / format.byteCount * 4)
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = min(piece.count, range.upperBound - offset)
      var span = piece.mutableSpan
      try file.read(at: offset, into: &span, range: 0..<count)
      let elements = count / format.byteCount
      for index in 0..<elements {
        format.copy(from: piece, at: index * format.byteCount, to: &values, at: index * 4)
      }
      try blob.write(values.span.extracting(0..<(elements * 4)))
      offset += count
    }
  }

  /// A band of columns is read row by row, and each of its columns is a row of what is written.
  func copyColumns(
    to write: (Span<UInt8>) throws(DecomposeError) -> Void
  ) throws(DecomposeError) {
    let size = format.byteCount
    let width = max(1, min(columns, Self.bandBytes / (rows * size)))
    var band = [UInt8](repeating: 0, count: rows * width * size)
    var line = [UInt8](repeating: 0, count: rows * 4)
    for first in stride(from: 0, to: columns, by: width) {
      let count = min(width, columns - first)
      var span = band.mutableSpan
      if count == columns {
        try file.read(at: range.lowerBound, into: &span, range: 0..<range.count)
      } else {
        for row in 0..<rows {
          let place = row * count * size
          try file.read(
            at: range.lowerBound + (row * columns + first) * size, into: &span,
            range: place..<(place + count * size))
        }
      }
      for column in 0..<count {
        for row in 0..<rows {
          format.copy(from: band, at: (row * count + column) * size, to: &line, at: row * 4)
        }
        try write(line.span)
      }
    }
  }
}

/// The numbers that weights may be stored as; each is exact as float32.
enum StoredFloat {
  case float32
  case float16
  case bfloat16

  /// The format of a stored type, or nil where it is none of these.
  init?(_ type: StoredType) {
    switch type {
    case .float32: self = .float32
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .int16, .uint16, .int32, .uint32,
      .float64, .int64, .uint64:
      return nil
    }
  }

  /// Bytes of one element.
  var byteCount: Int { self == .float32 ? 4 : 2 }

  /// Writes one element as a little-endian float32.
  func copy(from source: [UInt8], at index: Int, to target: inout [UInt8], at place: Int) {
    switch self {
    case .float32:
      for byte in 0..<4 { target[place + byte] = source[index + byte] }
    case .bfloat16:
      target[place] = 0
      target[place + 1] = 0
      target[place + 2] = source[index]
      target[place + 3] = source[index + 1]
    case .float16:
      let bits = Self.widened(UInt16(source[index]) | UInt16(source[index + 1]) << 8)
      for byte in 0..<4 { target[place + byte] = UInt8(truncatingIfNeeded: bits >> (8 * byte)) }
    }
  }

  /// The bits of a binary16 as those of the binary32 of the same value.
  static func widened(_ half: UInt16) -> UInt32 {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10 & 0x1f)
    let fraction = UInt32(half & 0x3ff)
    switch exponent {
    case 0x1f: return sign | 0x7f80_0000 | fraction << 13
    case 0:
      let magnitude = Float(fraction) * Float(sign: .plus, exponent: -24, significand: 1)
      return sign | magnitude.bitPattern
    default: return sign | (exponent + 112) << 23 | fraction << 13
    }
  }
}
