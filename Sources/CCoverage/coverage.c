#include "coverage.h"

// libFuzzer brings callbacks of its own.
#ifdef EPHML_OWN_COVERAGE

static uint32_t edge_count, hit_count, comparison_count;
static int is_recording;
static uint8_t times[COVERAGE_EDGES];
static uint32_t hits[COVERAGE_EDGES];
static struct coverage_comparison comparisons[COVERAGE_COMPARISONS];

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) {
  // Each module comes once; a guard that is not zero was numbered before. Beyond the table nothing
  // is counted.
  for (uint32_t *guard = start; guard < stop; guard++)
    if (*guard == 0 && edge_count + 1 < COVERAGE_EDGES) *guard = ++edge_count;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard) {
  uint32_t edge = *guard;
  if (!is_recording || edge == 0) return;
  if (times[edge] == 0) hits[hit_count++] = edge;
  if (times[edge] != UINT8_MAX) times[edge]++;
}

static void compare(uint64_t left, uint64_t right, uint32_t width) {
  if (!is_recording || left == right) return;
  comparisons[comparison_count++ % COVERAGE_COMPARISONS] =
      (struct coverage_comparison){left, right, width};
}

void __sanitizer_cov_trace_cmp1(uint8_t left, uint8_t right) { compare(left, right, 1); }
void __sanitizer_cov_trace_cmp2(uint16_t left, uint16_t right) { compare(left, right, 2); }
void __sanitizer_cov_trace_cmp4(uint32_t left, uint32_t right) { compare(left, right, 4); }
void __sanitizer_cov_trace_cmp8(uint64_t left, uint64_t right) { compare(left, right, 8); }
void __sanitizer_cov_trace_const_cmp1(uint8_t left, uint8_t right) { compare(left, right, 1); }
void __sanitizer_cov_trace_const_cmp2(uint16_t left, uint16_t right) { compare(left, right, 2); }
void __sanitizer_cov_trace_const_cmp4(uint32_t left, uint32_t right) { compare(left, right, 4); }
void __sanitizer_cov_trace_const_cmp8(uint64_t left, uint64_t right) { compare(left, right, 8); }

// cases holds their number, their width in bits, and then each.
void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases) {
  uint32_t width = (uint32_t)(cases[1] / 8);
  for (uint64_t index = 0; index < cases[0] && index < 32; index++)
    compare(value, cases[2 + index], width == 0 ? 1 : width);
}

void __sanitizer_cov_trace_pc_indir(uintptr_t callee) { (void)callee; }

uint32_t coverage_edge_count(void) { return edge_count; }

void coverage_begin(void) {
  for (uint32_t index = 0; index < hit_count; index++) times[hits[index]] = 0;
  hit_count = comparison_count = 0;
  is_recording = 1;
}

void coverage_end(void) { is_recording = 0; }
uint32_t coverage_hit_count(void) { return hit_count; }
uint32_t coverage_hit_edge(uint32_t index) { return hits[index]; }
uint8_t coverage_hit_times(uint32_t index) { return times[hits[index]]; }

uint32_t coverage_comparison_count(void) {
  return comparison_count < COVERAGE_COMPARISONS ? comparison_count : COVERAGE_COMPARISONS;
}

struct coverage_comparison coverage_comparison(uint32_t index) {
  // Oldest first, also where the ring has gone round.
  uint32_t first = comparison_count < COVERAGE_COMPARISONS ? 0 : comparison_count;
  return comparisons[(first + index) % COVERAGE_COMPARISONS];
}

#endif
