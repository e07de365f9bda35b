/// Faults that a provider can be given on purpose: an exploration over it must find them.
public struct SymbolicFlaws: OptionSet, Sendable {
  /// One bit for each fault.
  public let rawValue: UInt32
  /// Faults by their bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The judge does not compare the document's user data with T0.
  public static let userDataUnchecked = SymbolicFlaws(rawValue: 1 << 0)
  /// The judge does not compare the document's public key with the body's.
  public static let publicKeyUnchecked = SymbolicFlaws(rawValue: 1 << 1)
  /// The judge takes documents of enclaves in debug mode.
  public static let debugAccepted = SymbolicFlaws(rawValue: 1 << 2)
  /// The judge takes documents with any measurement.
  public static let measurementUnchecked = SymbolicFlaws(rawValue: 1 << 3)
  /// The judge does not compare the document's nonce, nor T0, which names it too.
  public static let freshnessUnchecked = SymbolicFlaws(rawValue: 1 << 4)
  /// T1 is not over the document.
  public static let offerForgetsDocument = SymbolicFlaws(rawValue: 1 << 5)
  /// Both directions have one record key.
  public static let directionlessKeys = SymbolicFlaws(rawValue: 1 << 6)
  /// The additional data of a record does not bind its sequence number, nor does its nonce.
  public static let sequenceUnbound = SymbolicFlaws(rawValue: 1 << 7)
  /// A receipt is taken without a look at its request.
  public static let receiptUnchecked = SymbolicFlaws(rawValue: 1 << 8)
  /// A wipe report is taken without a look at its signature.
  public static let reportUnchecked = SymbolicFlaws(rawValue: 1 << 9)
  /// The judge does not look at the signature.
  public static let signatureUnchecked = SymbolicFlaws(rawValue: 1 << 11)
  /// Records are sealed under a key that everybody knows.
  public static let publicKeys = SymbolicFlaws(rawValue: 1 << 12)
}
