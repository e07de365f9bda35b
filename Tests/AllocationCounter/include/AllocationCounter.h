// Counts the allocations and mappings of the process between two calls: for tests alone.
#pragma once
#include <stdint.h>

/// Begins to count, from zero, what any thread allocates or maps.
void allocation_counter_begin(void);

/// Ends counting; how many calls there were.
int64_t allocation_counter_end(void);
