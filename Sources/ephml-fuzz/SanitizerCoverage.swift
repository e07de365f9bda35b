#if Fuzzing
  internal import CCoverage
  import PropertyTesting

  /// The coverage that the compiler's instrumentation counts.
  final class SanitizerCoverage: CoverageFeedback {
    /// Edges are numbered from 1.
    var edgeCount: Int { Int(coverage_edge_count()) + 1 }

    func begin() { coverage_begin() }

    func end() { coverage_end() }

    func collect(into trace: inout ExecutionTrace) {
      for index in 0..<coverage_hit_count() {
        trace.hits.append(
          EdgeHit(edge: Int(coverage_hit_edge(index)), count: coverage_hit_times(index)))
      }
      for index in 0..<coverage_comparison_count() {
        let pair = coverage_comparison(index)
        trace.comparisons.append(
          ComparedOperands(left: pair.left, right: pair.right, byteCount: Int(pair.width)))
      }
    }
  }
#endif
