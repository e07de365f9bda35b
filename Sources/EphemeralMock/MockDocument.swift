import EphemeralAttestation
import EphemeralCrypto
import EphemeralWire

/// The contents of one mock document, written in the order of genuine ones.
struct MockDocument {
  let moduleID: String
  let milliseconds: UInt64
  let registers: [(index: Int, value: [UInt8])]
  let leaf: MockLeaf
  let publicKey: [UInt8]?
  let userData: [UInt8]?
  let nonce: [UInt8]?

  /// The untagged COSE_Sign1, as genuine devices give it.
  func signed(form: MockMapForm) throws(NSMErrorName) -> [UInt8] {
    let payload = encoded(form)
    let message = COSESign1.toBeSigned(
      protectedHeader: AttestationDocument.protectedHeader, payload: payload)
    do throws(CryptoError) {
      return COSESign1(
        protectedHeader: AttestationDocument.protectedHeader, payload: payload,
        signature: try leaf.key.key.sign(message.span)
      ).encoded(tagged: false)
    } catch {
      throw .internalError
    }
  }

  private func encoded(_ form: MockMapForm) -> [UInt8] {
    var encoder = CBOREncoder(reservingCapacity: AttestationDeviceBounds.responseBytes)
    switch form {
    case .definite: encoder.map(9)
    case .indefinite: encoder.encodedItem([0xbf])
    }
    encoder.text("module_id")
    encoder.text(moduleID)
    encoder.text("digest")
    encoder.text("SHA384")
    encoder.text("timestamp")
    encoder.unsigned(milliseconds)
    encoder.text("pcrs")
    encoder.map(registers.count)
    for register in registers {
      encoder.unsigned(UInt64(register.index))
      encoder.bytes(register.value)
    }
    encoder.text("certificate")
    encoder.bytes(leaf.certificate)
    encoder.text("cabundle")
    encoder.array(leaf.authorities.count)
    for authority in leaf.authorities { encoder.bytes(authority) }
    for (name, value) in [
      ("public_key", publicKey), ("user_data", userData), ("nonce", nonce),
    ] {
      encoder.text(name)
      if let value { encoder.bytes(value) } else { encoder.null() }
    }
    switch form {
    case .definite: break
    case .indefinite: encoder.encodedItem([0xff])
    }
    return encoder.finish()
  }
}
