import EphemeralAttestation
import EphemeralRuntime
import Glibc
import SimulationSupport
import Testing

@testable import EphemeralNitro

@Suite("The arguments of an image")
struct BootArgumentsTests {
  @Test("The first line is the kernel's, the others are the enclave's")
  func lines() throws {
    let text = "console=ttyS0 quiet\nserve\n--listen\nvsock://any:7100\n\n  é \n"
    let arguments = try BootArguments(parsing: Array(text.utf8))
    #expect(arguments.commandLine == Array("console=ttyS0 quiet".utf8))
    #expect(arguments.arguments == ["serve", "--listen", "vsock://any:7100", "", "  é "])
  }

  @Test(
    "Anything else is refused by name",
    arguments: [
      ([], BootArgumentsError.noCommandLine), (Array("quiet".utf8), .unterminated),
      (Array("quiet\nserve".utf8), .unterminated), (Array("\nserve\n".utf8), .noCommandLine),
      (Array("\n".utf8), .noCommandLine), (Array("quiet\n".utf8), .noArguments),
      (Array("quiet\nse\0rve\n".utf8), .containsNUL),
      (Array("quiet\0\nserve\n".utf8), .containsNUL),
      ([0x71, 0x0a, 0xff, 0x0a], .notText), ([0x71, 0x0a, 0xc3, 0x0a], .notText),
      ([0x71, 0x0a, 0xed, 0xa0, 0x80, 0x0a], .notText),
    ])
  func refused(bytes: [UInt8], error: BootArgumentsError) {
    #expect(throws: error) { try BootArguments(parsing: bytes) }
  }

  @Test("The bounds are exact")
  func bounds() throws {
    let most = "q\n" + String(repeating: "a\n", count: 256)
    #expect(try BootArguments(parsing: Array(most.utf8)).arguments.count == 256)
    #expect(throws: BootArgumentsError.tooManyArguments) {
      try BootArguments(parsing: Array((most + "a\n").utf8))
    }
    #expect(throws: BootArgumentsError.tooManyArguments) {
      try BootArguments(parsing: Array((most + "\n").utf8))
    }
    let longest = Array("q\n".utf8) + [UInt8](repeating: 0x61, count: 65_533) + [0x0a]
    #expect(try BootArguments(parsing: longest).arguments[0].utf8.count == 65_533)
    #expect(throws: BootArgumentsError.tooLong) { try BootArguments(parsing: [0x61] + longest) }
  }
}

@Suite("Booting")
struct BootTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("A missing, a bad and an oversized file of arguments")
  func arguments() throws {
    let path = folder.path + "/enclave.arguments"
    #expect(throws: BootError.argumentsUnreadable) { try EnclaveBoot.arguments(at: path) }
    #expect(throws: BootError.argumentsUnreadable) { try EnclaveBoot.arguments(at: folder.path) }
    try folder.write(Array("quiet\n".utf8), to: "enclave.arguments")
    #expect(throws: BootError.arguments(.noArguments)) { try EnclaveBoot.arguments(at: path) }
    try folder.write([UInt8](repeating: 0x0a, count: 65_537), to: "enclave.arguments")
    #expect(throws: BootError.arguments(.tooLong)) { try EnclaveBoot.arguments(at: path) }
    try folder.write(Array("quiet\nserve\n".utf8), to: "enclave.arguments")
    #expect(try EnclaveBoot.arguments(at: path).arguments == ["serve"])
  }

  @Test("The kernel's command line is read whole and compared")
  func commandLine() throws {
    let path = folder.path + "/cmdline"
    let line = Array("quiet".utf8)
    #expect(throws: BootError.commandLineUnreadable) {
      try EnclaveBoot.checkCommandLine(line, at: path)
    }
    try folder.write(Array("quiet\n".utf8), to: "cmdline")
    try EnclaveBoot.checkCommandLine(line, at: path)
    try folder.write(Array("quiet init=/x\n".utf8), to: "cmdline")
    #expect(throws: BootError.commandLine(.unknownAddition)) {
      try EnclaveBoot.checkCommandLine(line, at: path)
    }
    try folder.write(
      line + [UInt8](repeating: 0x20, count: 4096 - 6) + [0x0a], to: "cmdline")
    try EnclaveBoot.checkCommandLine(line, at: path)
    try folder.write(
      line + [UInt8](repeating: 0x20, count: 4096 - 5) + [0x0a], to: "cmdline")
    #expect(throws: BootError.commandLine(.tooLong)) {
      try EnclaveBoot.checkCommandLine(line, at: path)
    }
    // This machine's kernel was not started by this test.
    #expect(throws: BootError.commandLine(.different)) {
      try EnclaveBoot.checkCommandLine(Array("no kernel's line".utf8), at: "/proc/cmdline")
    }
  }

  @Test("Modules are named and ordered; nothing else may lie among them")
  func modules() throws {
    #expect(try KernelModules.names(in: folder.path + "/nowhere") == [])
    #expect(try KernelModules.names(in: folder.path) == [])
    for name in ["02-nsm.ko", "00-virtio_mmio.ko", "01-vsock.ko", "10-a-b.ko"] {
      try folder.write([0], to: name)
    }
    #expect(
      try KernelModules.names(in: folder.path) == [
        "00-virtio_mmio.ko", "01-vsock.ko", "02-nsm.ko", "10-a-b.ko",
      ])
    try folder.write([0], to: "03-nsm.ko.xz")
    #expect(throws: BootError.notAModule) { try KernelModules.names(in: folder.path) }
  }

  @Test("At most 32 modules")
  func tooManyModules() throws {
    for number in 10..<42 { try folder.write([0], to: "\(number)-m.ko") }
    #expect(try KernelModules.names(in: folder.path).count == 32)
    try folder.write([0], to: "42-m.ko")
    #expect(throws: BootError.tooManyModules) { try KernelModules.names(in: folder.path) }
  }

  @Test(
    "Names that are not a module's",
    arguments: [
      "", "nsm.ko", "00-.ko", "0-nsm.ko", "000-nsm.ko", "00_nsm.ko", "00-nsm", "00-nsm.ko ",
      "00-n m.ko", "00-n.m.ko", "0x-nsm.ko", "00-né.ko", "00-n/m.ko", "00-n\nm.ko",
      "00-" + String(repeating: "a", count: 59) + ".ko",
    ])
  func moduleNames(name: String) {
    #expect(!KernelModules.isModule(name))
  }

  @Test("A file that is no module is fatal by its name, for lack of rights or of form")
  func loading() throws {
    try folder.write([1, 2, 3], to: "00-x.ko")
    let error = #expect(throws: BootError.self) { try KernelModules.loadAll(from: folder.path) }
    guard case .module(let name, let code)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(name == "00-x.ko")
    #expect(code != 0)
    #expect(BootError.module(name: name, code: 8).message.contains("00-x.ko"))
    #expect(KernelModules.isHarmless(EEXIST) && KernelModules.isHarmless(ENODEV))
    #expect(
      ![ENOEXEC, ENOENT, EPERM, EBADMSG, ENOSYS, ENOMEM].contains(where: KernelModules.isHarmless))
  }

  @Test("What process 1 says about the enclave's end")
  func ends() {
    #expect(FirstProcess.report(0) == "ended with code 0")
    #expect(FirstProcess.report(4 << 8) == "ended with code 4")
    #expect(FirstProcess.report(SIGILL) == "was ended by signal 4")
    #expect(FirstProcess.report(SIGSEGV | 0x80) == "was ended by signal 11")
    #expect(FirstProcess.report(nil) == "is lost")
    #expect(!FirstProcess.isThis)
  }

  @Test("Only a machine that defines soft off is powered off")
  func softOff() {
    #expect(!PowerOff.definesSoftOff([]))
    #expect(!PowerOff.definesSoftOff(Array("_S5".utf8)))
    #expect(!PowerOff.definesSoftOff(Array("DSDT_S4__S5.S5_".utf8)))
    #expect(PowerOff.definesSoftOff(Array("_S5_".utf8)))
    #expect(PowerOff.definesSoftOff(Array("DSDT_S4_\u{8}_S5_\u{12}".utf8)))
  }

  @Test("The kernel's generator is not seeded with less than it is counted as")
  func seed() {
    let short = ScriptedDevice(.getRandom([UInt8](repeating: 1, count: 31)))
    #expect(throws: BootError.device(.malformedAnswer)) { try KernelEntropy.seed(from: short) }
    let silent = ScriptedDevice([.failure(.timedOut)])
    #expect(throws: BootError.device(.device(.timedOut))) {
      try KernelEntropy.seed(from: silent)
    }
  }

  @Test("Every reason is one line")
  func messages() {
    let errors: [BootError] =
      [
        .argumentsUnreadable, .mount(path: "/proc", code: EPERM), .commandLineUnreadable,
        .tooManyModules, .notAModule, .noSecurityModule, .device(.debugMode), .seed,
      ] + BootArgumentsError.allCases.map { .arguments($0) }
      + CommandLineError.allCases.map { .commandLine($0) }
    let messages = errors.map(\.message)
    #expect(Set(messages).count == messages.count)
    #expect(messages.allSatisfy { !$0.isEmpty && !$0.contains("\n") })
  }
}
