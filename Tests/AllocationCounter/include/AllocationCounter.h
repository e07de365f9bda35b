// Counts a thread's heap allocations and mappings between two calls: for tests alone.
#pragma once
#include <stdint.h>

/// Begins to count, from zero, what this thread allocates or maps.
void allocation_counter_begin(void);

/// How many calls there were since.
int64_t allocation_counter_end(void);
