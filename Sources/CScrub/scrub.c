// Each heap block is overwritten before it goes back to the C library (Spec/Memory.md §2).
//
// The library's own M_PERTURB leaves out blocks that a thread's cache keeps, which are most of the
// small ones: names, shapes, attributes. So the program's definitions stand before the library's. In
// a dynamic executable the loader finds them first; in a static one the linker's --wrap puts them
// in the way of every call.
#include "CScrub.h"

#include <malloc.h>
#include <stddef.h>
#include <string.h>

#if defined(EPHML_STATIC)
#define LIBRARY_FREE __real_free
#define FREE __wrap_free
#define REALLOC __wrap_realloc
#else
#define LIBRARY_FREE __libc_free
#define FREE free
#define REALLOC realloc
// Weak, so that a test that counts allocations may stand before these.
#pragma weak free
#pragma weak realloc
#endif

extern void LIBRARY_FREE(void *);
extern void FREE(void *);
extern void *REALLOC(void *, size_t);

void FREE(void *block) {
  if (!block) return;
  explicit_bzero(block, malloc_usable_size(block));
  LIBRARY_FREE(block);
}

// The library's own would free the old block, or its end, without the function above.
void *REALLOC(void *block, size_t size) {
  if (!block) return malloc(size);
  if (size == 0) {
    FREE(block);
    return NULL;
  }
  size_t usable = malloc_usable_size(block);
  if (size <= usable && size >= usable / 2) return block;
  void *moved = malloc(size);
  if (!moved) return NULL;
  memcpy(moved, block, size < usable ? size : usable);
  FREE(block);
  return moved;
}
