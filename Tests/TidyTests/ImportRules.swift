/// Who may import whom, one row a target: an import that is not in its row is an error.
///
/// The directions are the architecture: secrets, parsers and machines stay free of Foundation,
/// of clocks and of randomness; only one target calls libcrypto; a production binary never sees
/// the mock device or the test harness.
enum ImportRules {
  /// FaultPoints imports nothing and is nothing in a build without the trait `Mutants`, so the
  /// product may name its faults where they would be.
  ///
  /// The package's own library folders under `Sources/` and what each may import.
  static let allowed: [String: Set<String>] = [
    "FaultPoints": [],
    "EphemeralWire": ["FaultPoints"],
    "EphemeralCrypto": ["COpenSSL", "CLinux", "Synchronization"],
    "EphemeralAttestation": ["EphemeralWire", "EphemeralCrypto", "FaultPoints"],
    "EphemeralSession": [
      "EphemeralWire", "EphemeralCrypto", "EphemeralAttestation", "FaultPoints",
    ],
    "EphemeralModel": ["EphemeralWire", "EphemeralCrypto"],
    "EphemeralJSON": [],
    "EphemeralDecompose": [
      "EphemeralModel", "EphemeralWire", "EphemeralCrypto", "EphemeralJSON", "Foundation", "Glibc",
    ],
    "KernelInterface": [],
    "EphemeralKernels": ["KernelInterface", "CLinux"],
    "EphemeralKernelsWide": ["KernelInterface", "CLinux"],
    "EphemeralImage": ["EphemeralAttestation", "EphemeralWire", "EphemeralCrypto"],
    "EphemeralEngine": [
      "EphemeralModel", "EphemeralWire", "EphemeralCrypto", "CLinux", "Glibc", "Synchronization",
      "KernelInterface", "EphemeralKernels", "EphemeralKernelsWide",
    ],
    "EphemeralRuntime": [
      "EphemeralSession", "EphemeralEngine", "EphemeralModel", "EphemeralAttestation",
      "EphemeralWire", "EphemeralCrypto", "CLinux", "Glibc", "Synchronization", "FaultPoints",
    ],
    "EphemeralNitro": [
      "EphemeralRuntime", "EphemeralAttestation", "EphemeralWire", "CLinux", "Glibc",
    ],
    "EphemeralMock": [
      "EphemeralRuntime", "EphemeralAttestation", "EphemeralWire", "EphemeralCrypto", "CLinux",
      "Glibc", "Synchronization",
    ],
    "MemoryScan": ["CLinux", "Glibc", "Synchronization"],
    "EphemeralClient": [
      "EphemeralDecompose", "EphemeralImage", "EphemeralJSON", "EphemeralRuntime",
      "EphemeralSession", "EphemeralModel", "EphemeralAttestation", "EphemeralWire",
      "EphemeralCrypto", "CLinux",
      "Foundation", "Glibc", "Synchronization", "EphemeralMock", "EphemeralNitro",
    ],
    "PropertyTesting": ["Glibc", "FaultPoints"],
    "EphemeralSimulation": ["EphemeralRuntime", "Synchronization"],
    "ephml-fuzz": [
      "FuzzTargets", "PropertyTesting", "CCoverage", "EphemeralAttestation", "EphemeralMock",
      "Glibc",
    ],
    "EphemeralSymbolic": [
      "EphemeralSession", "EphemeralWire", "EphemeralCrypto", "PropertyTesting",
    ],
    "ephml-explore": ["EphemeralSymbolic", "PropertyTesting", "Glibc"],
    "EphemeralLockstep": [
      "EphemeralSession", "EphemeralAttestation", "EphemeralMock", "EphemeralWire",
      "EphemeralCrypto", "PropertyTesting", "Foundation",
    ],
    "ephml-mutants": [
      "EphemeralLockstep", "EphemeralSymbolic", "EphemeralSimulation", "SimulationSupport",
      "PropertyTesting",
      "EphemeralRuntime", "EphemeralSession", "EphemeralModel", "EphemeralMock",
      "EphemeralAttestation", "EphemeralWire", "EphemeralCrypto", "FaultPoints", "Foundation",
      "Glibc",
    ],
    "ephml-bench": [
      "EphemeralClient", "EphemeralDecompose", "EphemeralRuntime", "EphemeralSession",
      "EphemeralEngine", "EphemeralModel", "EphemeralAttestation", "EphemeralMock",
      "EphemeralWire", "EphemeralCrypto", "Foundation", "Glibc", "Synchronization",
    ],
    "ephml-client": [
      "EphemeralClient", "EphemeralRuntime", "EphemeralMock", "EphemeralNitro", "Glibc",
    ],
    "ephml-host": ["EphemeralRuntime", "EphemeralMock", "EphemeralNitro", "Glibc"],
    "ephml-enclave": [
      "EphemeralRuntime", "EphemeralAttestation", "EphemeralEngine", "EphemeralCrypto",
      "EphemeralMock", "EphemeralNitro", "MemoryScan", "CLinux", "Glibc",
    ],
  ]

  /// Modules that stand only behind their trait: `#if Mock` or `#if Production` around the import.
  static let traits = [
    "EphemeralMock": "Mock", "EphemeralNitro": "Production", "MemoryScan": "Mock",
  ]

  /// Targets that are in no release and may use the mock whatever the trait.
  static let harness: Set = ["EphemeralLockstep", "ephml-mutants"]

  /// Words that no file of the named targets may contain: clocks, randomness, concurrency.
  static let forbiddenCalls: [String: [String]] = {
    let pure = [
      "clock_gettime", "ContinuousClock", "SuspendingClock", "DispatchTime", "SystemRandom",
      ".random(in:", "async ", "await ", "Task {", "print(",
    ]
    return [
      "EphemeralWire": pure, "EphemeralCrypto": pure, "EphemeralAttestation": pure,
      "EphemeralSession": pure, "EphemeralImage": pure,
    ]
  }()
}
