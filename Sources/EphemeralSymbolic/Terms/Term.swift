/// A symbolic value: the number of a node in a ``TermArena``.
///
/// Equal terms of one arena have equal numbers, so comparing and hashing cost nothing.
public struct Term: Hashable, Sendable {
  /// The node's number.
  public let id: UInt32

  /// The term of a node.
  @inline(__always)
  init(_ id: UInt32) { self.id = id }

  /// No term: the argument that a node does not have.
  static let none = Term(0)
}

/// Who chose a value first; the raw value is an argument of its atom.
public enum Owner: UInt8, Hashable, Sendable, CaseIterable {
  /// Nobody: public knowledge.
  case nobody = 0
  case client1 = 1
  case client2 = 2
  case enclave1 = 3
  case enclave2 = 4
  /// The attacker.
  case attacker = 5

  /// The name in projected lines.
  public var name: String {
    switch self {
    case .nobody: "-"
    case .client1: "c1"
    case .client2: "c2"
    case .enclave1: "e1"
    case .enclave2: "e2"
    case .attacker: "A"
    }
  }

  /// Whether the attacker does not own it.
  var isHonest: Bool { self != .attacker && self != .nobody }

  /// The client of a number from 0.
  static func client(_ index: Int) -> Owner { index == 0 ? .client1 : .client2 }
  /// The enclave of a number from 0.
  static func enclave(_ index: Int) -> Owner { index == 0 ? .enclave1 : .enclave2 }
}

/// What an atom stands for; the raw value is an argument of the atom.
public enum AtomKind: UInt32, Hashable, Sendable, CaseIterable {
  case nonce, clientSeed, topology, input, random
  case keySeed, receiptSeed, sessionID
  case blob, header, chunk, forgedChunk, auditHead, modelName, modelVersion, empty, record
  /// A message that is longer than every bound.
  case oversized
  /// A request that needs more records than a key has.
  case heavy

  /// Whether its owner keeps it from everybody else.
  var isSecret: Bool {
    switch self {
    case .clientSeed, .topology, .input, .keySeed, .receiptSeed: true
    case .nonce, .random, .sessionID, .blob, .header, .chunk, .forgedChunk, .auditHead,
      .modelName, .modelVersion, .empty, .record, .oversized, .heavy:
      false
    }
  }
}

/// How a term is made; the first ``termCount`` arguments are terms, the others plain numbers.
public enum TermConstructor: UInt8, Hashable, Sendable, CaseIterable {
  case none
  /// kind, owner, index.
  case atom
  /// Bytes that are no message: an index.
  case junk
  case hello
  case unsupportedHello
  /// Eight halves of four limits.
  case limits
  case body
  case evidence
  /// userData, nonce, key; signer, measurement, mode.
  case document
  case exchange
  case abortCode
  /// blob; first, count.
  case weightRange
  /// header, ciphertext; index.
  case weightChunk
  case audit
  case number
  case kemPrivate, kemPublic, signPrivate, signPublic
  case transcriptEvidence, transcriptOffer, transcriptKeys
  /// KEM key, encapsulation, T1: what HPKE's schedule gives.
  case context
  /// Context, T1: the client's Finished.
  case finished
  /// Context, T2; direction.
  case recordKey
  /// key, session id, content; direction, sequence, head, piece.
  case sealed
  case joined
  case close
  /// model hash; weight bytes, nanoseconds.
  case assembled
  /// random, input; sequence.
  case request
  /// random, output; sequence.
  case response
  case result
  case hash
  /// public key, session id, agreed, model, hashes; sequence, time, statistics.
  case receipt
  /// public key, session id, audit head; inferences, regions, bytes.
  case wipeReport
  case zeroized
  /// The model hash of a topology's model.
  case model
  /// What a topology's model makes of an input.
  case output
  case pair
  case triple

  /// How many of the arguments are terms.
  var termCount: Int {
    switch self {
    case .none, .atom, .junk, .unsupportedHello, .limits, .abortCode, .number, .close: 0
    case .hello, .weightRange, .audit, .kemPrivate, .kemPublic, .signPrivate, .signPublic,
      .assembled, .hash, .zeroized, .model:
      1
    case .evidence, .exchange, .weightChunk, .transcriptEvidence, .transcriptOffer, .finished,
      .recordKey, .joined, .request, .response, .result, .output, .pair:
      2
    case .document, .transcriptKeys, .context, .sealed, .wipeReport, .triple: 3
    case .body: 4
    case .receipt: 5
    }
  }

  /// Whether whoever has the term has its term arguments: a tuple, or a signed statement.
  var isTransparent: Bool {
    switch self {
    case .hello, .body, .evidence, .document, .exchange, .weightRange, .weightChunk, .audit,
      .joined, .assembled, .request, .response, .result, .receipt, .wipeReport, .zeroized, .pair,
      .triple:
      true
    case .none, .atom, .junk, .unsupportedHello, .limits, .abortCode, .number, .close,
      .kemPrivate, .kemPublic, .signPrivate, .signPublic, .transcriptEvidence, .transcriptOffer,
      .transcriptKeys, .context, .finished, .recordKey, .sealed, .hash, .model, .output:
      false
    }
  }
}
