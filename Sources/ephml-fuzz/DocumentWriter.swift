#if Fuzzing
  import EphemeralAttestation
  import FuzzTargets
  #if Mock
    import EphemeralMock
  #endif

  /// Makes the attestation documents of the session targets: `Fuzz/Targets/Generated`.
  enum DocumentWriter {
    static func text() throws(FuzzArguments.Problem) -> String {
      #if Mock
        do { return try write() } catch { throw FuzzArguments.Problem(text: "\(error)") }
      #else
        throw FuzzArguments.Problem(text: "only a build with the mock device makes documents")
      #endif
    }

    #if Mock
      private static func write() throws -> String {
        var options = MockOptions()
        options.clock = { SessionFixture.unixSeconds * 1000 }
        let device = try MockSecurityModule(
          root: MockRoot(generatedAt: SessionFixture.unixSeconds),
          image: MockImage(bytes: Array("ephml/1".utf8)), options: options)
        let module = NSMClient(device)
        let pin = try module.pin()
        var lines = [
          "/// Written by `ephml-fuzz documents`. Do not edit.", "enum SessionDocuments {",
          "  static let rootDigest = \"\"\"",
        ]
        lines += literal(device.root.digest, indent: 4)
        lines.append("  static let registers = [")
        for register in [pin.pcr0, pin.pcr1, pin.pcr2] {
          lines.append("    \"\"\"")
          lines += literal(register, indent: 4, separator: ",")
        }
        lines += ["  ]", "  static let documents = ["]
        for client in 0..<SessionFixture.pairs {
          lines.append("    [")
          for enclave in 0..<SessionFixture.pairs {
            let document = try module.attest(
              userData: SessionFixture.transcript(client: client, enclave: enclave),
              nonce: SessionFixture.nonce(client: client),
              publicKey: SessionFixture.publicKeys(enclave: enclave).kem)
            lines.append("      \"\"\"")
            lines += literal(document, indent: 6, separator: ",")
          }
          lines.append("    ],")
        }
        return (lines + ["  ]", "}"]).joined(separator: "\n")
      }

      /// The rest of a text literal over several lines.
      private static func literal(
        _ bytes: [UInt8], indent: Int, separator: String = ""
      ) -> [String] {
        let space = String(repeating: " ", count: indent)
        let digits = Array(Hexadecimal.encode(bytes))
        var lines: [String] = []
        for start in stride(from: 0, to: digits.count, by: 80) {
          let end = min(start + 80, digits.count)
          lines.append(space + String(digits[start..<end]) + (end < digits.count ? "\\" : ""))
        }
        return lines + [space + "\"\"\"" + separator]
      }
    #endif
  }
#endif
