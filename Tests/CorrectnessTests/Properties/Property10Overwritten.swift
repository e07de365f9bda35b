#if Mock
  import EphemeralCrypto
  import EphemeralModel
  import Foundation
  import PropertyTesting
  import SimulationSupport
  import TestSupport
  import Testing

  @testable import EphemeralRuntime

  /// In a process of its own: after each session the pages for secrets are read, and hold neither
  /// weights nor inputs, activations or outputs of the session.
  @Suite("Property 10: every secret location is overwritten", .tags(.property10))
  struct Property10Overwritten {
    @Test("the pages for secrets hold nothing of a session that has ended")
    func overwritten() async {
      await #expect(processExitsWith: .success) {
        let suite = try PropertySuite()
        try check(name: "property 10", cases: 1000, covering: PropertySuite.required) { testCase in
          _ = try PropertyRun(&testCase, suite)
          try Self.judge(SecretPages.read(), suite, &testCase)
        }
      }
    }

    @Test("a slot is zero once its secret has ended, whatever came before")
    func slots() async {
      await #expect(processExitsWith: .success) {
        try check(
          name: "property 10, slots", cases: 1000,
          covering: [RequiredLabel("slab"), RequiredLabel("own pages")]
        ) { testCase in
          let bytes = try testCase.draw(.bytes(count: 24...3000), as: "secret")
          var scanner = SecretScanner()
          scanner.add("secret", [UInt8](repeating: 0xc3, count: 8) + Array(bytes.prefix(16)))
          let content = [UInt8](repeating: 0xc3, count: 8) + bytes
          do {
            let secret = try SecretBytes(copying: content.span)
            let found = SecretPages.read().contains { scanner.find(in: $0) != nil }
            try testCase.require(found, "the secret is not where secrets are")
            testCase.label(secret.count <= 1024 ? "slab" : "own pages")
          }
          let left = SecretPages.read().compactMap { scanner.find(in: $0) }
          try testCase.require(left.isEmpty, "a secret outlived its owner")
        }
      }
    }

    /// What the owner's own topology key holds, which lives on in this process.
    static let owned = ["blob key", "digest of the weights", "graph"]

    static func judge(
      _ pages: [[UInt8]], _ suite: PropertySuite, _ testCase: inout TestCase
    ) throws {
      let found = pages.flatMap { suite.secrets.findAll(in: $0) }
      try testCase.require(found.contains("blob key"), "the pages for secrets were not found")
      guard let name = found.first(where: { !owned.contains($0) }) else { return }
      throw Violation(message: "\(name) is left")
    }

    @Test("canary: a secret that is not freed is reported")
    func canary() async {
      await #expect(processExitsWith: .success) {
        let suite = try PropertySuite()
        let input = ONNX.bytes(Fixture.input)
        let isFound = expectFalsified("canary 10", "input is left") { testCase in
          let kept = try SecretBytes(copying: input.span)
          _ = try PropertyRun(&testCase, suite)
          try Self.judge(SecretPages.read(), suite, &testCase)
          _ = kept.count
        }
        precondition(isFound, "the canary lives")
      }
    }
  }

  /// The pages of this process that are left out of core dumps: where secrets are.
  enum SecretPages {
    /// What they hold now, mapping by mapping.
    static func read() -> [[UInt8]] {
      // A file of /proc has no size to read by: it is read until it ends.
      guard let file = FileHandle(forReadingAtPath: "/proc/self/smaps"),
        let bytes = try? file.readToEnd()
      else { return [] }
      let text = String(decoding: bytes, as: UTF8.self)
      var pages: [[UInt8]] = []
      var range: (start: UInt, end: UInt)?
      for line in text.split(separator: "\n") {
        let fields = line.split(separator: " ")
        if let found = fields.first.flatMap(Self.range) {
          // A private mapping without a file or a name.
          range = fields.count == 5 && fields[1] == "rw-p" ? found : nil
        }
        guard line.hasPrefix("VmFlags:"), line.contains(" dd"), let here = range,
          here.end - here.start <= 1 << 26
        else { continue }
        // The kernel names the mapping, and this process alone has it: it can be read.
        guard let start = unsafe UnsafeRawPointer(bitPattern: here.start) else { continue }
        let buffer = unsafe UnsafeRawBufferPointer(start: start, count: Int(here.end - here.start))
        pages.append(unsafe Array(buffer))
      }
      return pages
    }

    /// The addresses at the head of a mapping's lines.
    private static func range(_ text: Substring) -> (start: UInt, end: UInt)? {
      let parts = text.split(separator: "-")
      guard parts.count == 2, let start = UInt(parts[0], radix: 16),
        let end = UInt(parts[1], radix: 16)
      else { return nil }
      return (start, end)
    }
  }
#endif
