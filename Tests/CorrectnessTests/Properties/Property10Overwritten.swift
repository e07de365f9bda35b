#if Mock
  import EphemeralCrypto
  import EphemeralModel
  import Foundation
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// In a process of its own: after each session the pages for secrets are read, all of them, and hold
  /// neither weights nor inputs, activations, outputs or keys of the session.
  @Suite("Property 10: every secret location is overwritten", .tags(.property10))
  struct Property10Overwritten {
    @Test("the pages for secrets hold nothing of a session that has ended")
    func overwritten() async {
      await #expect(processExitsWith: .success) {
        let suite = try PropertySuite()
        // The owner's topology key lives on; it is what these pages held before the first session.
        let before = SecretPages.read()
        try check(name: "property 10", cases: 1000, covering: PropertySuite.required) { testCase in
          _ = try PropertyRun(&testCase, suite)
          try Self.judge(SecretPages.read(), before, suite, &testCase)
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

    static func judge(
      _ pages: [[UInt8]], _ before: [[UInt8]], _ suite: PropertySuite, _ testCase: inout TestCase
    ) throws {
      try testCase.require(!before.isEmpty, "no pages for secrets were found")
      let known = before.compactMap { suite.secrets.find(in: $0) }
      for page in pages {
        guard let name = suite.secrets.find(in: page), !known.contains(name) else { continue }
        throw Violation(message: "\(name) is left")
      }
    }

    @Test("canary: a secret that is not freed is reported")
    func canary() async {
      await #expect(processExitsWith: .success) {
        let suite = try PropertySuite()
        let before = SecretPages.read()
        let input = Fixture.input.flatMap { value in
          (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32($0 * 8)) }
        }
        let isFound = expectFalsified("canary 10", "input is left") { testCase in
          let kept = try SecretBytes(copying: input.span)
          _ = try PropertyRun(&testCase, suite)
          try Self.judge(SecretPages.read(), before, suite, &testCase)
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
      guard let text = try? String(contentsOfFile: "/proc/self/smaps", encoding: .utf8) else {
        return []
      }
      var pages: [[UInt8]] = []
      var range: (start: UInt, end: UInt)?
      for line in text.split(separator: "\n") {
        if let found = Self.range(line) { range = found }
        guard line.hasPrefix("VmFlags:"), line.contains(" dd"), let here = range,
          line.contains(" rd"), here.end - here.start <= 1 << 26
        else { continue }
        // The kernel names the mapping, and this process alone has it: it can be read.
        guard let start = unsafe UnsafeRawPointer(bitPattern: here.start) else { continue }
        let buffer = unsafe UnsafeRawBufferPointer(start: start, count: Int(here.end - here.start))
        pages.append(unsafe Array(buffer))
      }
      return pages
    }

    /// The addresses at the head of a mapping's lines.
    private static func range(_ line: Substring) -> (start: UInt, end: UInt)? {
      guard let head = line.split(separator: " ").first else { return nil }
      let parts = head.split(separator: "-")
      guard parts.count == 2, let start = UInt(parts[0], radix: 16),
        let end = UInt(parts[1], radix: 16)
      else { return nil }
      return (start, end)
    }
  }
#endif
