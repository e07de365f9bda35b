import EphemeralImage
import Testing

@testable import EphemeralNitro

/// The image builder and the enclave know nothing of each other; an image beyond the enclave's bounds
/// would be built, measured and pinned, and then never boot.
@Suite("What the builder writes, the enclave takes")
struct BuilderBoundsTests {
  @Test("Equal bounds")
  func bounds() {
    #expect(ImageBounds.modules == KernelModules.maximumModules)
    #expect(ImageBounds.arguments == BootArguments.maximumArguments)
    #expect(ImageBounds.argumentsBytes == BootArguments.maximumBytes)
    #expect(ImageBounds.commandLineBytes < CommandLineRule.maximumBytes)
  }

  @Test("The longest module name")
  func moduleName() throws {
    let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
    let longest = (1...100).last { count in
      (try? KernelModule(
        fileName: String(repeating: "m", count: count) + ".ko", content: elf)) != nil
    }
    let name = "31-" + String(repeating: "m", count: try #require(longest)) + ".ko"
    #expect(name.utf8.count == KernelModules.maximumNameBytes && KernelModules.isModule(name))
  }

  @Test("The most arguments", arguments: [1, ImageBounds.arguments])
  func arguments(count: Int) throws {
    let words = (0..<count).map { "--word=\($0)" }
    let file = try ImageText.argumentsFile(commandLine: "console=ttyS0 quiet", arguments: words)
    #expect(try BootArguments(parsing: file).arguments == words)
  }
}
