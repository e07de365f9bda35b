#include "CInit.h"

#include <stdlib.h>
#include <unistd.h>

/// Without a mounted /proc the Swift runtime cannot find where it is and aborts before main, unless
/// SWIFT_ROOT tells it (Spec/Boot.md §1.4): this one, and not a word of the kernel's command line,
/// which nobody has compared yet. The priority puts this before the runtime's own initialisers.
/// Process 1 alone: a grown environment moves, and the runtime finds an ordinary program's arguments
/// by where its environment was.
__attribute__((constructor(101))) static void name_root(void) {
  if (getpid() == 1) setenv("SWIFT_ROOT", "/", 1);
}
