import EphemeralWire

/// One event of a host session, classified.
enum HostInput<Bytes: Equatable & Sendable> {
  case clientHello(IncomingFrame<Bytes>)
  case keyExchange(IncomingFrame<Bytes>)
  case clientSealed(IncomingFrame<Bytes>)
  case clientAbort(IncomingFrame<Bytes>)
  case putBegin(Bytes)
  case putData(Bytes)
  case have(Bytes)
  case otherFromClient
  case clientBroken(AbortCode)
  case evidence(IncomingFrame<Bytes>)
  case enclaveSealed(IncomingFrame<Bytes>)
  case enclaveAbort(IncomingFrame<Bytes>)
  case weightRequest(Bytes)
  case auditRecord(Bytes)
  case otherFromEnclave
  case enclaveBroken(AbortCode)
  case storeReady(offset: UInt64)
  case stored
  case blobFound(BlobPresence)
  case weightsRead(ChunkFields<Bytes>)
  case failed(AbortCode)
  case deadline
  case clientClosed
  case enclaveClosed
  case cancel

  /// Classifies an event.
  init(_ event: HostEvent<Bytes>) {
    switch event {
    case .frame(let frame, from: .client): self = HostInput(fromClient: frame)
    case .frame(let frame, from: .enclave): self = HostInput(fromEnclave: frame)
    case .broken(let code, .client): self = .clientBroken(code)
    case .broken(let code, .enclave): self = .enclaveBroken(code)
    case .storeReady(let offset): self = .storeReady(offset: offset)
    case .stored: self = .stored
    case .blobFound(let presence): self = .blobFound(presence)
    case .weightsRead(let chunk): self = .weightsRead(chunk)
    case .failed(let code): self = .failed(code)
    case .deadline: self = .deadline
    case .closed(.client): self = .clientClosed
    case .closed(.enclave): self = .enclaveClosed
    case .cancel: self = .cancel
    }
  }

  private init(fromClient frame: IncomingFrame<Bytes>) {
    switch frame.type {
    case .clientHello: self = .clientHello(frame)
    case .keyExchange: self = .keyExchange(frame)
    case .sealed: self = .clientSealed(frame)
    case .abort: self = .clientAbort(frame)
    case .putBegin: self = .putBegin(frame.payload)
    case .putData: self = .putData(frame.payload)
    case .have: self = .have(frame.payload)
    case .evidence, .putStatus, .haveReply, .weightRequest, .weightChunk, .audit:
      self = .otherFromClient
    }
  }

  private init(fromEnclave frame: IncomingFrame<Bytes>) {
    switch frame.type {
    case .evidence: self = .evidence(frame)
    case .sealed: self = .enclaveSealed(frame)
    case .abort: self = .enclaveAbort(frame)
    case .weightRequest: self = .weightRequest(frame.payload)
    case .audit: self = .auditRecord(frame.payload)
    case .clientHello, .keyExchange, .putBegin, .putData, .putStatus, .have, .haveReply,
      .weightChunk:
      self = .otherFromEnclave
    }
  }

  /// The message class in the table.
  var message: HostMessage {
    switch self {
    case .clientHello: .clientHello
    case .keyExchange: .keyExchange
    case .clientSealed: .clientSealed
    case .clientAbort: .clientAbort
    case .putBegin: .putBegin
    case .putData: .putData
    case .have: .have
    case .otherFromClient: .otherFromClient
    case .clientBroken: .clientBroken
    case .evidence: .evidence
    case .enclaveSealed: .enclaveSealed
    case .enclaveAbort: .enclaveAbort
    case .weightRequest: .weightRequest
    case .auditRecord: .auditRecord
    case .otherFromEnclave: .otherFromEnclave
    case .enclaveBroken: .enclaveBroken
    case .storeReady: .storeReady
    case .stored: .stored
    case .blobFound: .blobFound
    case .weightsRead: .weightsRead
    case .failed: .failed
    case .deadline: .deadline
    case .clientClosed: .clientClosed
    case .enclaveClosed: .enclaveClosed
    case .cancel: .cancel
    }
  }
}
