/// Why a file is not a `.npy` file that can be used.
public enum NumPyError: Error, Equatable, Sendable {
  /// The file does not begin with NumPy's magic string.
  case notNumPy
  /// The file ends inside its header.
  case truncatedHeader
  /// A format version other than 1, 2 and 3.
  case unsupportedVersion
  /// The header is longer than ``NumPyFormat/maximumHeaderBytes``.
  case headerTooLong
  /// The header is not the dictionary that NumPy writes.
  case malformedHeader
  /// An element type that the protocol does not carry.
  case unsupportedType
  /// Elements stored with the most significant byte first.
  case bigEndian
  /// Elements stored column by column.
  case fortranOrder
  /// More dimensions than ``EphemeralModel/ModelBounds/rank``.
  case tooManyDimensions
  /// A size beyond what can be counted.
  case tooLarge
  /// The file has another number of data bytes than type and shape say.
  case wrongLength
  /// A boolean that is neither 0 nor 1.
  case invalidBoolean

  /// One line for people.
  public var message: String {
    switch self {
    case .notNumPy: "not a .npy file"
    case .truncatedHeader: "truncated: the .npy header is incomplete"
    case .unsupportedVersion: "an .npy format version other than 1, 2 or 3"
    case .headerTooLong: "the .npy header is too long"
    case .malformedHeader: "the .npy header is malformed"
    case .unsupportedType: "an element type that cannot be sent"
    case .bigEndian: "big-endian elements; save array.astype(array.dtype.newbyteorder('<'))"
    case .fortranOrder: "column-major order; save numpy.ascontiguousarray(array)"
    case .tooManyDimensions: "more than 8 dimensions"
    case .tooLarge: "a shape too large to hold"
    case .wrongLength: "truncated or too long: the data does not fit the shape"
    case .invalidBoolean: "a boolean that is neither 0 nor 1"
    }
  }
}
