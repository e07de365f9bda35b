extension OperatorCase {
  /// Single operators with outputs computed by ONNX Runtime or ONNX's reference evaluator.
  static let logic = #"""
    Equal 13
      int64[3] 1 2 3
      int64[3] 1 0 3
      = bool[3] 1 0 1
    Equal 13
      bool[4] 1 0 1 0
      bool[4] 1 1 0 0
      = bool[4] 1 0 0 1
    Equal 13
      float32[2] -1.89 1.2
      float32[2] -1.35 -2.09
      = bool[2] 0 0
    Greater 13
      float32[2,2] -0.22 -0.12 -3.38 -2.14
      float32[2] -1.17 0.76
      = bool[2,2] 1 0 0 0
    Less 13
      float32[2,2] 1.04 1.57 -0.53 -1.67
      float32[2] -2.88 0.2
      = bool[2,2] 0 0 0 1
    GreaterOrEqual 16
      float32[3] 1 2 3
      float32[] 2
      = bool[3] 0 1 1
    LessOrEqual 16
      float32[3] 1 2 3
      float32[] 2
      = bool[3] 1 1 0
    And 7
      bool[4] 0 0 1 1
      bool[4] 0 1 0 1
      = bool[4] 0 0 0 1
    Or 7
      bool[4] 0 0 1 1
      bool[4] 0 1 0 1
      = bool[4] 0 1 1 1
    Xor 7
      bool[4] 0 0 1 1
      bool[4] 0 1 0 1
      = bool[4] 0 1 1 0
    Not 1
      bool[2] 0 1
      = bool[2] 1 0
    IsNaN 13
      float32[3] 1 nan inf
      = bool[3] 0 1 0
    IsInf 10 detect_negative:int=0
      float32[3] -inf inf 1
      = bool[3] 0 1 0
    Where 16
      bool[2,1] 1 0
      float32[2,2] -0.84 0.83 1.98 3.96
      float32[2] -1.77 1.11
      = float32[2,2] -0.84 0.83 -1.77 1.11
    Where 9
      bool[3] 1 0 1
      int64[3] 2 0 0
      int64[1] 5
      = int64[3] 2 5 0
    """#
}
