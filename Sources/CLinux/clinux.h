// Linux interfaces that Swift's Glibc module lacks. Header only; no _GNU_SOURCE here.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/random.h>
#include <linux/vm_sockets.h>

#ifndef SOCK_NONBLOCK
#define SOCK_NONBLOCK 04000
#endif
#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 02000000
#endif

/// accept4(2), which <sys/socket.h> declares only under _GNU_SOURCE.
extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);

static inline int ephml_accept(int fd) {
  return accept4(fd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/// pipe2(2), which <unistd.h> declares only under _GNU_SOURCE.
extern int pipe2(int ends[2], int flags);

/// A pipe that programs started later do not inherit.
static inline int ephml_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

/// Whether this CPU has what the vector kernels were compiled for.
static inline int ephml_cpu_supports_kernels(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return 1;
#endif
}

/// Maps `count` zero bytes that core dumps leave out and that stay out of swap if the limit on
/// locked memory allows it: `*kept` tells. Null when there is no memory. Release with munmap.
static inline void *ephml_map_secret(size_t count, int *kept) {
  void *pages = mmap(0, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return 0;
  int undumped = madvise(pages, count, MADV_DONTDUMP);
  *kept = mlock(pages, count) == 0 && undumped == 0;
  return pages;
}

/// Zeros over `count` bytes that the compiler may not leave out, as quick as the C library writes.
static inline void ephml_overwrite(void *bytes, size_t count) { explicit_bzero(bytes, count); }

/// PR_SET_DUMPABLE 0: no core file, no reading of this process's memory by its user's others.
static inline int ephml_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/// One exchange with the Nitro Security Module: its ioctl takes four 64-bit words, and leaves the
/// answer's length in the last. Returns 0, or -1 with errno.
static inline int ephml_nsm_exchange(int fd, const void *request, size_t request_count,
                                     void *response, size_t *response_count) {
  uint64_t message[4] = {(uint64_t)(uintptr_t)request, request_count,
                         (uint64_t)(uintptr_t)response, *response_count};
  int result = ioctl(fd, 0xC0200A00UL, message);
  *response_count = message[3];
  return result;
}

/// Whether this CPU has what the wide vector kernels were compiled for.
static inline int ephml_cpu_supports_wide_kernels(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("fma");
#else
  return 0;
#endif
}

/// The processor that this thread runs on, or -1.
static inline int ephml_processor(void) {
  unsigned processor = 0;
  return syscall(SYS_getcpu, &processor, 0, 0) == 0 ? (int)processor : -1;
}

/// Copies `count` bytes at `from` in this process to `to`: the bytes that could be read. An address
/// that is not there is no fault.
static inline long ephml_read_self(void *to, uintptr_t from, size_t count) {
  struct iovec target = {to, count}, source = {(void *)from, count};
  return syscall(SYS_process_vm_readv, getpid(), &target, 1L, &source, 1L, 0L);
}

/// MCL_ONFAULT, which <sys/mman.h> declares only under _GNU_SOURCE.
static const int ephml_lock_on_fault = 4;

/// Overwrites what earlier calls of this thread left below the caller's frame, so far down.
__attribute__((noinline)) static void ephml_scrub_stack(void) {
  unsigned char area[128 << 10];
  explicit_bzero(area, sizeof area);
}

/// This thread's number in the system.
static inline int ephml_thread(void) { return (int)syscall(SYS_gettid); }

/// Lets `thread` of this process run wherever this thread may, but not on `processor`. Returns 0,
/// or -1 where there is no other processor or the system does not want it.
static inline int ephml_avoid_processor(int thread, int processor) {
  enum { bits = 8 * sizeof(unsigned long), words = 16 };
  unsigned long allowed[words] = {0}, any = 0;
  if (processor < 0 || processor >= words * bits) return -1;
  long count = syscall(SYS_sched_getaffinity, 0, sizeof allowed, allowed);
  if (count <= 0) return -1;
  allowed[processor / bits] &= ~(1UL << processor % bits);
  for (int word = 0; word < words; word++) any |= allowed[word];
  if (!any) return -1;
  return (int)syscall(SYS_sched_setaffinity, thread, sizeof allowed, allowed);
}

/// Tells the processor that this thread waits in a loop.
static inline void ephml_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/// Asks for the cache line at an address, into the second-level cache; no address is wrong.
__attribute__((always_inline)) static inline void ephml_prefetch(const void *address) {
  __builtin_prefetch(address, 0, 2);
}

/// fork(2), which Swift's Glibc module hides. Only while the process has one thread.
static inline pid_t ephml_fork(void) { return fork(); }

/// finit_module(2) without parameters. Returns 0, or -1 with errno.
static inline int ephml_load_module(int fd) {
  return (int)syscall(SYS_finit_module, fd, "", 0);
}

/// Most bytes that one call of ephml_add_entropy takes.
#define EPHML_ENTROPY_BYTES 256

/// Puts at most EPHML_ENTROPY_BYTES into the kernel's pool through the descriptor of a random
/// device, counted as `bits`; needs CAP_SYS_ADMIN. Returns 0, or -1 with errno.
static inline int ephml_add_entropy(int fd, const uint8_t *bytes, size_t count, int bits) {
  // struct rand_pool_info: two numbers, then the bytes.
  struct {
    int bits;
    int count;
    uint8_t bytes[EPHML_ENTROPY_BYTES];
  } pool = {bits, (int)count, {0}};
  if (count > sizeof pool.bytes) {
    errno = EMSGSIZE;
    return -1;
  }
  memcpy(pool.bytes, bytes, count);
  int result = ioctl(fd, RNDADDENTROPY, &pool);
  explicit_bzero(&pool, sizeof pool);
  return result;
}
