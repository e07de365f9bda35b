import Glibc
import SimulationSupport
import Testing

@testable import EphemeralRuntime

@Suite("What a process switches off before it touches a secret")
struct ProcessGuardsTests {
  @Test("Memory that may be locked only up to a limit is not locked, and mapping goes on")
  func lockLimit() async {
    await #expect(processExitsWith: .success) {
      let bytes = 4 << 20
      var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
      precondition(
        unsafe setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0)
      // The superuser may lock beyond the limit; become nobody.
      if geteuid() == 0 { precondition(setuid(65_534) == 0) }
      precondition(!ProcessGuards.lockMemory())
      // What is mapped already is more than the limit, which alone would refuse all of it.
      precondition(!ProcessGuards.lockMemory(MCL_FUTURE))
      let flags = MAP_PRIVATE | MAP_ANONYMOUS
      let pages = unsafe mmap(nil, 2 * bytes, PROT_READ | PROT_WRITE, flags, -1, 0)
      precondition(unsafe pages != MAP_FAILED)
    }
  }
}
