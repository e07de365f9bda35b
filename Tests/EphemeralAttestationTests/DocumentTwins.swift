/// The four legal forms of one document: with and without tag 18, with the signature's *s* and with
/// *n* − *s* (`Spec/Attestation.md §2`).
struct DocumentTwins {
  /// The document, and its three twins.
  let forms: [[UInt8]]
  /// The twins without the document itself.
  var all: [[UInt8]] { Array(forms.dropFirst()) }

  /// - Parameter document: one that is accepted: its signature is its last 96 bytes.
  init(of document: [UInt8]) {
    let tag: UInt8 = 0xd2
    let retagged = document.first == tag ? Array(document.dropFirst()) : [tag] + document
    forms = [document, retagged].flatMap { [$0, $0.dropLast(48) + Self.negated($0.suffix(48))] }
  }

  /// n − s, big-endian, n being the order of P-384 (FIPS 186-4 D.1.2.4).
  static func negated(_ s: some Collection<UInt8>) -> [UInt8] {
    let order: [UInt8] =
      [UInt8](repeating: 0xff, count: 24) + [
        0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7,
        0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
      ]
    var result = Array(s)
    var borrow = 0
    for index in stride(from: 47, through: 0, by: -1) {
      let difference = Int(order[index]) - Int(result[index]) - borrow
      borrow = difference < 0 ? 1 : 0
      result[index] = UInt8(truncatingIfNeeded: difference)
    }
    return result
  }
}
