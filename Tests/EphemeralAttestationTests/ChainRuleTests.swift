import EphemeralAttestation
import EphemeralCrypto
import EphemeralLockstep
import Testing

/// Each rule of the chain broken alone, so that each check is seen to fail for its own reason.
@Suite("Chain rules")
struct ChainRuleTests {
  @Test("A sound custom chain is accepted, for evaluation only")
  func sound() throws {
    let report = try CustomChain().judge()
    #expect(report.failed == [])
    #expect(report.verdict == .accepted)
    #expect(report.securityMode == .evaluation)
    #expect(report.root?.hasPrefix("custom root ") == true)
  }

  @Test("A certificate that its issuer did not sign", arguments: 1...4)
  func wrongSignature(index: Int) throws {
    #expect(try CustomChain(wronglySigned: index).judge().failed == [.chain])
  }

  @Test("A certificate that names another issuer")
  func wrongIssuer() throws {
    let stranger = try X509Name(commonName: "stranger")
    let chain = CustomChain(bend: { if $0 == 2 { $1.issuer = stranger } })
    #expect(try chain.judge().failed == [.chain])
  }

  @Test("A path that is longer than allowed", arguments: [0, 1, 2])
  func pathLength(index: Int) throws {
    let chain = CustomChain(bend: { position, builder in
      if position == index { builder.basicConstraints = .authority(pathLength: 2 - index) }
    })
    let allowed = CustomChain(bend: { position, builder in
      if position == index { builder.basicConstraints = .authority(pathLength: 3 - index) }
    })
    #expect(try chain.judge().failed == [.pathLength])
    #expect(try allowed.judge().failed == [])
  }

  @Test("An authority that is none, a leaf that is one, an authority that does not say so")
  func basicConstraints() throws {
    let none = CustomChain(bend: { if $0 == 2 { $1.basicConstraints = .leaf } })
    #expect(try none.judge().failed == [.basicConstraints])
    let silent = CustomChain(bend: { if $0 == 3 { $1.basicConstraints = nil } })
    #expect(try silent.judge().failed == [.basicConstraints])
    let leaf = CustomChain(bend: {
      if $0 == 4 { $1.basicConstraints = .authority(pathLength: 0) }
    })
    #expect(try leaf.judge().failed.contains(.basicConstraints))
    let quietLeaf = CustomChain(bend: { if $0 == 4 { $1.basicConstraints = nil } })
    #expect(try quietLeaf.judge().failed == [])
  }

  @Test("Key usages that do not fit")
  func keyUsage() throws {
    let authority = CustomChain(bend: { if $0 == 1 { $1.keyUsage = .digitalSignature } })
    #expect(try authority.judge().failed == [.keyUsage])
    let silent = CustomChain(bend: { if $0 == 1 { $1.keyUsage = nil } })
    #expect(try silent.judge().failed == [.keyUsage])
    let leaf = CustomChain(bend: { if $0 == 4 { $1.keyUsage = .certificateSign } })
    #expect(try leaf.judge().failed == [.keyUsage])
    let both = CustomChain(bend: {
      if $0 == 4 { $1.keyUsage = [.certificateSign, .digitalSignature] }
    })
    #expect(try both.judge().failed == [.keyUsage])
  }

  @Test("A critical extension that nobody knows")
  func criticalExtension() throws {
    let type = try #require(OID(arcs: [1, 3, 6, 1, 4, 1, 99_999, 1]))
    for isCritical in [true, false] {
      let chain = CustomChain(bend: {
        if $0 == 3 {
          $1.extensions = [X509Extension(type: type, isCritical: isCritical, value: [5, 0])]
        }
      })
      #expect(try chain.judge().failed == (isCritical ? [.criticalExtensions] : []))
    }
  }

  @Test("One certificate out of its time refuses the chain", arguments: 0...4)
  func validity(index: Int) throws {
    let over = CustomChain(bend: { if $0 == index { $1.notAfter = CustomChain.now - 1 } })
    #expect(try over.judge().failed == [.certificateValidity])
    let early = CustomChain(bend: { if $0 == index { $1.notBefore = CustomChain.now + 1 } })
    #expect(try early.judge().failed == [.certificateValidity])
  }

  @Test("A mock mark on part of the chain is refused in every build", arguments: [0, 4])
  func halfMock(index: Int) throws {
    let chain = CustomChain(bend: { if $0 == index { $1.extensions = MockMark.markings } })
    let report = try chain.judge()
    #expect(report.failed == [.mockEvidence])
    #expect(report.rootKind == .mock)
  }

  @Test("A mark that is not critical is a mark all the same")
  func quietMark() throws {
    let type = try #require(MockMark.type)
    let chain = CustomChain(bend: {
      if $0 == 4 {
        $1.extensions = [X509Extension(type: type, isCritical: false, value: [5, 0])]
      }
    })
    #expect(try chain.judge().failed == [.mockEvidence])
  }

  @Test("The mark is the identifier that the specification names")
  func mark() throws {
    let description = try #require(MockMark.type).description
    #expect(description == "2.25.318262176003410085387665652547979226135")
  }

  @Test("PCR4 of another instance")
  func pcr4() throws {
    #expect(try CustomChain(measuredInstance: "i-0fedcba9876543210").judge().failed == [.pcr4])
  }

  @Test("A module id without an instance")
  func noInstance() throws {
    let report = try CustomChain(moduleID: "module").judge()
    #expect(report.failed == [.pcr4, .commonNames])
  }

  @Test("Common names of another module or instance, enforced or warned of")
  func commonNames() throws {
    let names = CustomChain().names
    for index in [3, 4] {
      var chain = CustomChain()
      chain.names[index] = "x" + names[index]
      #expect(try chain.judge().failed == [.commonNames])
      let relaxed = try chain.judge(commonNames: .warn)
      #expect(relaxed.failed == [])
      #expect(relaxed.outcome(of: .commonNames) == .warned)
      #expect(relaxed.verdict == .accepted)
    }
    // Equal to Swift's String, not byte for byte: U+212A, the Kelvin sign, for a K.
    for index in [3, 4] {
      var alike = CustomChain()
      alike.moduleID = "i-K-enc0"
      alike.measuredInstance = "i-K"
      alike.names = ["root", "region", "zone", "i-K.test", "i-K-enc0.test"]
      #expect(try alike.judge().failed == [])
      alike.names[index].replace("K", with: "\u{212a}")
      #expect(try alike.judge().failed == [.commonNames])
    }
    // A longer module id that only begins like ours is another module.
    var longer = CustomChain()
    longer.names[4] = CustomChain.module + "0.test.aws"
    #expect(try longer.judge().failed == [.commonNames])
  }
}
