// What the compiler's instrumentation calls, and what it leaves behind for the fuzz engine.
#ifndef EPHML_COVERAGE_H
#define EPHML_COVERAGE_H

#include <stddef.h>
#include <stdint.h>

// The two sides of a comparison, with their width in bytes.
struct coverage_comparison {
  uint64_t left, right;
  uint32_t width;
};

enum { COVERAGE_EDGES = 1 << 20, COVERAGE_COMPARISONS = 256 };

// Edges that are instrumented; their numbers are 1 up to this.
uint32_t coverage_edge_count(void);
// Forgets the last execution and begins to record.
void coverage_begin(void);
// Stops recording.
void coverage_end(void);
// Edges taken since coverage_begin, each once.
uint32_t coverage_hit_count(void);
// The index-th of them, and how often it was taken, at most 255.
uint32_t coverage_hit_edge(uint32_t index);
uint8_t coverage_hit_times(uint32_t index);
// The latest comparisons of unequal sides since coverage_begin.
uint32_t coverage_comparison_count(void);
struct coverage_comparison coverage_comparison(uint32_t index);

// libFuzzer's entry, where the program is linked with it.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*body)(const uint8_t *data, size_t size));

#endif
