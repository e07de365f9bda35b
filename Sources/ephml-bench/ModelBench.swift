import EphemeralEngine
import Foundation

/// Times a model, ours and the peers' in turn.
struct ModelBench {
  /// The times of one case, in milliseconds.
  struct Result {
    let tokens: Int?
    let threads: Int
    let ours: [Double]
    let peers: [String: [Double]]

    static func median(_ times: [Double]) -> Double {
      let sorted = times.sorted()
      return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    /// One JSON object of the case.
    var object: [String: Any] {
      var object: [String: Any] = [
        "threads": threads, "ours_ms": Self.median(ours), "ours_min_ms": ours.min() ?? 0,
      ]
      if let tokens { object["tokens"] = tokens }
      for (name, times) in peers {
        object["\(name)_ms"] = Self.median(times)
        object["\(name)_min_ms"] = times.min() ?? 0
        object["ratio_\(name)"] = Self.median(ours) / Self.median(times)
      }
      return object
    }
  }

  let path: String
  let rounds: Int
  let peers: Peer?
  let peerNames: [String]

  /// Times every length with every number of threads.
  func run(tokens: [Int], threads: [Int], report: (Result) -> Void) throws {
    for width in threads {
      let pool = ComputePool(width: width)
      defer { pool.stop() }
      let model = try BenchModel(onnx: path, pool: pool)
      let lengths: [Int?] = model.image == nil ? tokens.map { $0 } : [nil]
      for length in lengths {
        report(try time(model, tokens: length, threads: width))
      }
    }
  }

  /// Lets the threads of whoever ran last come to rest: some engines' keep spinning for a while.
  private func rest() { if peers != nil { usleep(20_000) } }

  private func time(_ model: BenchModel, tokens: Int?, threads: Int) throws -> Result {
    let request = try model.request(tokens: tokens)
    for _ in 0..<3 { _ = try model.model.infer(request: request.span) }
    var ours: [Double] = []
    var theirs: [String: [Double]] = [:]
    let clock = ContinuousClock()
    for _ in 0..<rounds {
      rest()
      let time = try clock.measure { _ = try model.model.infer(request: request.span) }
      ours.append(
        Double(time.components.attoseconds) * 1e-15 + Double(time.components.seconds) * 1e3)
      guard let peers else { continue }
      for name in peerNames {
        var question: [String: Any] = ["peer": name, "threads": threads, "model": path]
        if let tokens {
          question["tokens"] = tokens
        } else if let image = model.image {
          question["input"] = image.name
          question["shape"] = image.shape
        }
        rest()
        theirs[name, default: []].append(try peers.run(question))
      }
    }
    return Result(tokens: tokens, threads: threads, ours: ours, peers: theirs)
  }
}
