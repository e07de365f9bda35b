package import EphemeralCrypto
import EphemeralWire
import FaultPoints

extension LibcryptoCryptography {
  /// T2's bytes.
  public func confirmContent(_ transcript: [UInt8]) throws(ProviderFailure) -> SecretMaterial {
    try secret(of: transcript)
  }

  /// Constant time in the content.
  public func confirms(_ content: SecretMaterial, _ transcript: [UInt8]) -> Bool {
    content.withSpan { constantTimeEquals($0, transcript.span) } ?? false
      || planted("confirmation-unchecked")
  }

  /// The content's length in bytes.
  public func count(_ content: SecretMaterial) -> UInt64 { UInt64(content.count) }

  /// Records of a padded message (Spec/Protocol.md §6.4).
  public func recordCount(_ content: SecretMaterial, padding: MessagePadding) -> UInt64 {
    guard let split = split(content.count, padding) else { return 0 }
    return UInt64(split.count)
  }

  private func split(_ count: Int, _ padding: MessagePadding) -> RecordSplit? {
    let padded: Int
    switch padding {
    case _ where planted("padding-omitted"): padded = count
    case .padme: padded = Padding.padme(count, minimum: SessionBounds.minimumPaddedBytes)
    case .powerOfTwo where planted("padding-too-fine"):
      padded = Padding.padme(count, minimum: SessionBounds.minimumPaddedBytes)
    case .powerOfTwo: padded = Padding.powerOfTwo(count)
    case .fixed where planted("padding-ignores-maximum"): padded = Padding.powerOfTwo(count)
    case .fixed(let size):
      guard size > 0, size <= UInt64(Padding.maximumBytes), count <= Int(size) else { return nil }
      padded = Int(size)
    }
    return RecordSplit(contentBytes: count, paddedBytes: padded)
  }

  /// Seals header, content and padding where they stand (Spec/Protocol.md §6).
  public func sealRecord(
    _ content: SecretMaterial, piece: UInt64, padding: MessagePadding, head: RecordHead,
    key: SecretMaterial, context: RecordContext<[UInt8]>
  ) throws(ProviderFailure) -> [UInt8] {
    guard let split = split(content.count, padding), piece < UInt64(split.count) else {
      throw .fault
    }
    let part = split[Int(piece)]
    let header = part.header(type: head.type, phase: head.phase.rawValue)
    let sealed: [UInt8]?
    do throws(CryptoError) {
      let lent = try content.withSpan { (span) throws(CryptoError) in
        try key.seal(
          header.encoded.span, span.extracting(part.content), plaintextBytes: part.plaintextBytes,
          context)
      }
      sealed = lent ?? nil
    } catch {
      throw .fault
    }
    guard let sealed else { throw .fault }
    return sealed
  }

  /// Opens a record on secret memory and takes header and padding off (Spec/Protocol.md §6).
  public func openRecord(
    _ payload: [UInt8], key: SecretMaterial, context: RecordContext<[UInt8]>
  ) throws(ProviderFailure) -> OpenedRecord<SecretMaterial> {
    let minimum = RecordHeader.byteCount + RecordHeader.tagBytes
    guard payload.count >= minimum, payload.count <= minimum + RecordHeader.maximumPieceBytes
    else { throw .refused }
    var head = InlineArray<8, UInt8>(repeating: 0)
    var content = try judged { () throws(CryptoError) in
      var span = head.mutableSpan
      return try key.open(payload, context, head: &span)
    }
    let paddedBytes = content.count
    let header: RecordHeader
    do throws(WireError) {
      header = try content.withSpan { (span) throws(WireError) in
        try RecordHeader(head: head.span, body: span)
      }
    } catch {
      throw .refused
    }
    guard let phase = Phase(rawValue: header.phase) else { throw .refused }
    content.truncate(to: header.contentBytes)
    return OpenedRecord(
      head: RecordHead(type: header.type, phase: phase, isFinal: header.isFinal),
      contentCount: UInt64(header.contentBytes), paddedCount: UInt64(paddedBytes),
      content: SecretMaterial(content))
  }

  /// Appends a piece's content.
  public func append(
    _ piece: SecretMaterial, to message: inout SecretMaterial
  ) throws(ProviderFailure) {
    let grown = try own { () throws(CryptoError) in
      try piece.withSpan { (span) throws(CryptoError) in try message.append(span) }
    }
    guard grown == true else { throw .fault }
  }

  /// Secret content from public bytes.
  func secret(of bytes: [UInt8]) throws(ProviderFailure) -> SecretMaterial {
    SecretMaterial(try own { () throws(CryptoError) in try SecretBytes(copying: bytes.span) })
  }
}

extension SecretMaterial {
  /// Appends to content; false for anything else.
  func append(_ span: Span<UInt8>) throws(CryptoError) -> Bool {
    guard case .content(var content) = exchange(&storage, with: .destroyed) else { return false }
    do {
      try content.append(span)
    } catch {
      throw error
    }
    storage = .content(content)
    return true
  }

  /// Seals header, content and zeros up to a record's length; `nil` unless this is a record key.
  func seal(
    _ header: Span<UInt8>, _ content: Span<UInt8>, plaintextBytes: Int,
    _ context: RecordContext<[UInt8]>
  ) throws(CryptoError) -> [UInt8]? {
    guard case .record(var key) = exchange(&storage, with: .destroyed) else { return nil }
    var sealer: AES256GCM.Sealer
    if let ready = key.sealer.take() {
      sealer = ready
    } else {
      sealer = try AES256GCM.Sealer(key: key.key)
    }
    let nonce = try key.nonce(context.sequence)
    let length = plaintextBytes + AES256GCM.tagByteCount
    let associated = context.associatedData(ciphertextBytes: length)
    let sealed = try sealer.seal(
      head: header, content: content, zeros: plaintextBytes - header.count - content.count,
      nonce: nonce, authenticating: associated.span)
    key.sealer = consume sealer
    storage = .record(key)
    return sealed
  }

  /// A record key's bytes and IV, for known answers; `nil` for anything else.
  package var recordKeyBytes: (key: [UInt8], iv: [UInt8])? {
    func copy(_ bytes: borrowing SecretBytes) -> [UInt8] {
      bytes.withSpan { span in span.indices.map { span[$0] } }
    }
    switch storage {
    case .record(let record): return (copy(record.key), copy(record.iv))
    default: return nil
    }
  }

  /// Opens one record; a failure to authenticate leaves the key as it was.
  package func open(
    _ payload: [UInt8], _ context: RecordContext<[UInt8]>
  ) throws(CryptoError) -> SecretBytes {
    var nothing = InlineArray<0, UInt8>(repeating: 0)
    var head = nothing.mutableSpan
    return try open(payload, context, head: &head)
  }

  /// Opens one record, its first bytes apart from the others; a failure to authenticate leaves the
  /// key as it was.
  func open(
    _ payload: [UInt8], _ context: RecordContext<[UInt8]>, head: inout MutableSpan<UInt8>
  ) throws(CryptoError) -> SecretBytes {
    guard case .record(var key) = exchange(&storage, with: .destroyed) else {
      throw .invalidPrivateKey
    }
    var opener: AES256GCM.Opener
    if let ready = key.opener.take() {
      opener = ready
    } else {
      opener = try AES256GCM.Opener(key: key.key)
    }
    let nonce = try key.nonce(context.sequence)
    let associated = context.associatedData(ciphertextBytes: payload.count)
    let plaintext: SecretBytes
    do {
      plaintext = try opener.open(
        payload.span, nonce: nonce, authenticating: associated.span, head: &head)
    } catch {
      key.opener = consume opener
      storage = .record(key)
      throw error
    }
    key.opener = consume opener
    storage = .record(key)
    return plaintext
  }
}

extension RecordContext<[UInt8]> {
  /// The additional data of a record (Spec/Protocol.md §6.1).
  func associatedData(ciphertextBytes: Int) -> [UInt8] {
    Array("ephml/1 record".utf8) + (planted("record-session-unbound") ? [] : sessionID)
      + (planted("record-direction-unbound") ? [] : [direction.rawValue])
      + (planted("record-sequence-unbound") ? [] : bigEndian(sequence))
      + bigEndian(
        UInt32(truncatingIfNeeded: planted("record-length-unbound") ? 0 : ciphertextBytes))
  }
}
