#include "CInit.h"

#include <stdlib.h>

/// Without a mounted /proc the Swift runtime cannot find where it is and aborts before main, unless
/// SWIFT_ROOT tells it (Spec/Boot.md §1.4). The priority puts this before the runtime's own
/// initialisers; a value that is set already stays.
__attribute__((constructor(101))) static void name_root(void) { setenv("SWIFT_ROOT", "/", 0); }
