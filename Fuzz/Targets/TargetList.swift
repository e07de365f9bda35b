public import PropertyTesting

/// All fuzz targets, by name.
public enum TargetList {
  /// The targets in the order of their names.
  public static let all: [FuzzTarget] = [
    addressTarget, attestationDocumentTarget, auditTarget, blobTarget, bundleTarget, canaryTarget,
    cborTarget, certificateChainTarget, coseTarget, archiveTarget, imageTarget, frameTarget,
    hybridHandshakeTarget, interleavingsTarget, jsonTarget, jsonTensorTarget, messagesTarget,
    npyTarget, nsmTarget, onnxTarget, policyTarget, recordsTarget, safetensorsTarget,
    sessionClientTarget, sessionEnclaveTarget, sessionHostTarget, tokenizerTarget, topologyTarget,
  ]

  /// The target that holds a planted bug, which every engine must find.
  public static let canary = canaryTarget.name

  /// The target of that name.
  public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// Requires a condition of a target.
func require(
  _ condition: Bool, _ message: @autoclosure () -> String, fileID: StaticString = #fileID,
  line: UInt = #line
) throws(Violation) {
  guard condition else { throw Violation(message: message(), fileID: fileID, line: line) }
}

/// What a parser makes of bytes, or nil where it refuses them.
func accepted<Value, Failure: Error>(_ body: () throws(Failure) -> Value) -> Value? {
  do { return try body() } catch { return nil }
}

/// Cuts bytes into pieces: 0 gives one piece, 1 single bytes, any other number a sequence of its
/// own.
func pieces(of bytes: [UInt8], pattern: UInt8) -> [ArraySlice<UInt8>] {
  guard pattern > 0 else { return [bytes[...]] }
  var random = SeededRandom(seed: UInt64(pattern))
  var rest = bytes[...]
  var pieces: [ArraySlice<UInt8>] = []
  while !rest.isEmpty {
    let count = pattern == 1 ? 1 : Int(1 + random.upTo(random.oneIn(4) ? 4096 : 7))
    pieces.append(rest.prefix(count))
    rest = rest.dropFirst(count)
  }
  return pieces
}

/// The bytes of a text.
func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
