// swift-tools-version: 6.2
import PackageDescription

// Every target: language mode 6, strict memory safety, warnings as errors.
let common: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // Generic machines specialise across modules only with this flag.
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

// Byte-crunching targets stay optimised in debug, so that `swift test` is quick.
let quickInDebug: [SwiftSetting] =
  common + [.unsafeFlags(["-O"], .when(configuration: .debug))]

// The fuzz engine of the house sees what these targets do: the trait instruments them. The flags go
// to the frontend, because with them the driver would link libFuzzer.
let covered: [SwiftSetting] = [
  .unsafeFlags(
    [
      "-Xfrontend", "-sanitize=fuzzer",
      "-Xfrontend", "-sanitize-coverage=edge,trace-cmp,trace-pc-guard",
    ], .when(traits: ["Fuzzing"]))
]

// The kernels need the vector unit's flags; without them each fused multiply-add is a call.
#if arch(x86_64)
  let kernels: [SwiftSetting] =
    quickInDebug + [.unsafeFlags(["-Xcc", "-mavx2", "-Xcc", "-mfma"])]
  // The same sources once more, for registers of sixteen numbers.
  let wideKernels: [SwiftSetting] =
    quickInDebug + [
      .define("WIDE_VECTORS"),
      .unsafeFlags(
        ["f", "vl", "dq", "bw"].flatMap { ["-Xcc", "-mavx512\($0)"] } + ["-Xcc", "-mfma"]),
    ]
#else
  let kernels: [SwiftSetting] = quickInDebug
  let wideKernels: [SwiftSetting] = quickInDebug
#endif

let platform: [Target.Dependency] = [
  .target(name: "EphemeralMock", condition: .when(traits: ["Mock"])),
  .target(name: "EphemeralNitro", condition: .when(traits: ["Production"])),
]

/// Dependencies of a build that fuzzes.
func fuzzing(_ names: [String]) -> [Target.Dependency] {
  names.map { .target(name: $0, condition: .when(traits: ["Fuzzing", "LibFuzzer"])) }
}

let package = Package(
  name: "EphemeralML",
  products: [
    .executable(name: "ephml-client", targets: ["ephml-client"]),
    .executable(name: "ephml-host", targets: ["ephml-host"]),
    .executable(name: "ephml-enclave", targets: ["ephml-enclave"]),
  ],
  traits: [
    .trait(name: "Mock", description: "TCP and a mock Nitro Security Module, for development."),
    .trait(name: "Production", description: "vsock and the Nitro Security Module."),
    .trait(name: "Mutants", description: "Faults that ephml-mutants plants, for nothing else."),
    .trait(name: "Fuzzing", description: "ephml-fuzz with the project's own engine; see Fuzz/run."),
    .trait(name: "LibFuzzer", description: "ephml-fuzz for libFuzzer; see Fuzz/run."),
    .default(enabledTraits: ["Mock"]),
  ],
  targets: [
    .systemLibrary(name: "COpenSSL", pkgConfig: nil, providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .target(name: "FaultPoints", swiftSettings: quickInDebug + covered),
    .target(
      name: "EphemeralWire", dependencies: ["FaultPoints"], swiftSettings: quickInDebug + covered),
    .target(
      name: "EphemeralCrypto", dependencies: ["COpenSSL", "CLinux"],
      swiftSettings: quickInDebug + covered),
    .target(
      name: "EphemeralAttestation",
      dependencies: ["EphemeralWire", "EphemeralCrypto", "FaultPoints"],
      swiftSettings: quickInDebug + covered),
    .target(
      name: "EphemeralSession",
      dependencies: ["EphemeralWire", "EphemeralCrypto", "EphemeralAttestation", "FaultPoints"],
      swiftSettings: quickInDebug + covered),
    .target(
      name: "EphemeralModel", dependencies: ["EphemeralWire", "EphemeralCrypto"],
      swiftSettings: quickInDebug + covered),
    .target(name: "EphemeralJSON", swiftSettings: quickInDebug + covered),
    .target(
      name: "EphemeralDecompose",
      dependencies: ["EphemeralModel", "EphemeralWire", "EphemeralCrypto", "EphemeralJSON"],
      swiftSettings: quickInDebug + covered),
    .target(name: "KernelInterface", swiftSettings: quickInDebug),
    .target(
      name: "EphemeralKernels", dependencies: ["KernelInterface", "CLinux"],
      swiftSettings: kernels),
    .target(
      name: "EphemeralKernelsWide", dependencies: ["KernelInterface", "CLinux"],
      swiftSettings: wideKernels),
    .target(
      name: "EphemeralImage",
      dependencies: ["EphemeralAttestation", "EphemeralWire", "EphemeralCrypto"],
      swiftSettings: quickInDebug + covered),
    .target(
      name: "EphemeralEngine",
      dependencies: [
        "EphemeralModel", "EphemeralWire", "EphemeralCrypto", "CLinux", "KernelInterface",
        "EphemeralKernels", "EphemeralKernelsWide",
      ],
      swiftSettings: kernels),
    .target(
      name: "EphemeralRuntime",
      dependencies: [
        "EphemeralSession", "EphemeralEngine", "EphemeralModel", "EphemeralAttestation",
        "EphemeralWire", "EphemeralCrypto", "CLinux", "FaultPoints",
      ],
      swiftSettings: quickInDebug + covered),
    .target(
      name: "EphemeralNitro",
      dependencies: ["EphemeralRuntime", "EphemeralAttestation", "CLinux"],
      swiftSettings: quickInDebug),
    // What has to happen before the Swift runtime starts.
    .target(name: "CInit"),
    .target(
      name: "EphemeralMock",
      dependencies: ["EphemeralAttestation", "EphemeralWire", "EphemeralCrypto"],
      swiftSettings: common),
    // Heap blocks are overwritten when they are freed, in what this is linked into.
    .target(
      name: "CScrub", cSettings: [.define("EPHML_STATIC", .when(traits: ["Production"]))]),
    // Looks for canaries in the enclave's own memory, in development builds.
    .target(name: "MemoryScan", dependencies: ["CLinux"], swiftSettings: quickInDebug),
    .target(
      name: "EphemeralClient",
      dependencies: [
        "EphemeralDecompose", "EphemeralImage", "EphemeralJSON", "EphemeralRuntime",
        "EphemeralSession", "EphemeralModel", "EphemeralAttestation", "EphemeralWire",
        "EphemeralCrypto", "CLinux",
      ],
      swiftSettings: common + covered),
    // Depends on nothing, but in the build that makes it wrong on purpose.
    .target(
      name: "PropertyTesting",
      dependencies: [.target(name: "FaultPoints", condition: .when(traits: ["Mutants"]))],
      swiftSettings: quickInDebug),
    .target(
      name: "CCoverage",
      cSettings: [.define("EPHML_OWN_COVERAGE", .when(traits: ["Fuzzing"]))]),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "EphemeralClient", "EphemeralDecompose", "EphemeralImage", "EphemeralRuntime",
        "EphemeralSession", "EphemeralModel", "EphemeralAttestation", "EphemeralWire",
        "EphemeralCrypto", "PropertyTesting",
      ],
      path: "Fuzz/Targets", swiftSettings: quickInDebug + covered),
    .target(
      name: "EphemeralSymbolic",
      dependencies: [
        "EphemeralSession", "EphemeralWire", "EphemeralCrypto", "PropertyTesting",
      ],
      swiftSettings: quickInDebug),
    .target(
      name: "EphemeralSimulation", dependencies: ["EphemeralRuntime"], swiftSettings: common),
    .target(
      name: "EphemeralLockstep",
      dependencies: [
        "EphemeralSession", "EphemeralAttestation", "EphemeralMock", "EphemeralWire",
        "EphemeralCrypto", "PropertyTesting",
      ],
      swiftSettings: quickInDebug),
    .executableTarget(
      name: "ephml-mutants",
      dependencies: [
        "EphemeralLockstep", "EphemeralSymbolic", "EphemeralSimulation", "SimulationSupport",
        "PropertyTesting", "EphemeralRuntime", "EphemeralSession", "EphemeralModel",
        "EphemeralMock",
        "EphemeralAttestation", "EphemeralWire", "EphemeralCrypto", "FaultPoints",
      ], swiftSettings: common),

    .executableTarget(
      name: "ephml-client", dependencies: ["EphemeralClient"] + platform, swiftSettings: common),
    .executableTarget(
      name: "ephml-host", dependencies: ["EphemeralRuntime"] + platform, swiftSettings: common),
    .executableTarget(
      name: "ephml-enclave",
      dependencies: ["EphemeralRuntime"] + platform
        + [
          "CScrub", .target(name: "MemoryScan", condition: .when(traits: ["Mock"])),
          .target(name: "CInit", condition: .when(traits: ["Production"])),
        ],
      swiftSettings: common,
      linkerSettings: [
        .unsafeFlags(
          ["-static-executable", "-Xlinker", "--wrap=free", "-Xlinker", "--wrap=realloc"],
          .when(traits: ["Production"]))
      ]),

    .executableTarget(
      name: "ephml-fuzz",
      dependencies: fuzzing(["CCoverage", "FuzzTargets", "PropertyTesting", "EphemeralAttestation"])
        + [.target(name: "EphemeralMock", condition: .when(traits: ["Mock"]))],
      swiftSettings: common),
    .executableTarget(
      name: "ephml-bench",
      dependencies: [
        "EphemeralClient", "EphemeralDecompose", "EphemeralRuntime", "EphemeralSession",
        "EphemeralEngine", "EphemeralModel", "EphemeralAttestation", "EphemeralWire",
        "EphemeralCrypto",
        .target(name: "EphemeralMock", condition: .when(traits: ["Mock"])),
      ],
      swiftSettings: quickInDebug),
    .executableTarget(
      name: "ephml-explore", dependencies: ["EphemeralSymbolic", "PropertyTesting"],
      swiftSettings: common),

    .testTarget(name: "TidyTests", swiftSettings: common),
    .testTarget(
      name: "MemoryScanTests", dependencies: ["MemoryScan"], swiftSettings: common),
    .testTarget(
      name: "EphemeralRuntimeTests",
      dependencies: [
        "EphemeralSimulation",
        "EphemeralRuntime", "EphemeralClient", "EphemeralSession", "EphemeralEngine",
        "EphemeralModel", "EphemeralAttestation", "EphemeralWire", "EphemeralCrypto",
        "SimulationSupport", "TestSupport", "PropertyTesting", "CLinux",
      ] + platform, swiftSettings: common),
    .target(
      name: "SimulationSupport",
      dependencies: ["EphemeralModel", "EphemeralWire", "EphemeralCrypto"],
      path: "Tests/SimulationSupport", swiftSettings: quickInDebug),
    .testTarget(
      name: "CorrectnessTests",
      dependencies: [
        "EphemeralDecompose", "EphemeralRuntime", "EphemeralSession", "EphemeralEngine",
        "EphemeralModel",
        "EphemeralAttestation", "EphemeralWire", "EphemeralCrypto", "PropertyTesting",
        "SimulationSupport", "TestSupport", "EphemeralSimulation",
      ] + platform, swiftSettings: common),
    .testTarget(
      name: "EphemeralClientTests",
      dependencies: [
        "EphemeralClient", "EphemeralImage", "EphemeralRuntime", "EphemeralModel",
        "EphemeralAttestation", "EphemeralWire", "EphemeralCrypto", "TestSupport",
      ],
      exclude: ["Peers"],
      swiftSettings: common),
    .testTarget(
      name: "FuzzRegressionTests", dependencies: ["FuzzTargets", "PropertyTesting"],
      swiftSettings: common),
    .testTarget(
      name: "PropertyTestingTests", dependencies: ["PropertyTesting"], exclude: ["Peers"],
      swiftSettings: common),
    .testTarget(
      name: "SystemTests",
      dependencies: [
        "EphemeralClient", "EphemeralDecompose", "EphemeralRuntime", "EphemeralSession",
        "EphemeralEngine", "EphemeralModel", "EphemeralAttestation", "EphemeralWire",
        "EphemeralCrypto", "TestSupport", "ephml-client", "ephml-host", "ephml-enclave",
        "ephml-bench",
      ],
      exclude: ["Peers"],
      swiftSettings: common),
    .testTarget(
      name: "EphemeralWireTests", dependencies: ["EphemeralWire", "PropertyTesting"],
      swiftSettings: common),
    .testTarget(
      name: "EphemeralAttestationTests",
      dependencies: [
        "EphemeralAttestation", "EphemeralMock", "EphemeralNitro", "EphemeralWire",
        "EphemeralCrypto", "EphemeralLockstep", "TestSupport",
      ],
      swiftSettings: common),
    .testTarget(
      name: "EphemeralNitroTests",
      dependencies: [
        "EphemeralNitro", "EphemeralImage", "EphemeralRuntime", "EphemeralSimulation",
        "EphemeralAttestation", "EphemeralCrypto", "SimulationSupport",
      ],
      swiftSettings: common),
    .testTarget(
      name: "EphemeralImageTests",
      dependencies: [
        "EphemeralImage", "EphemeralAttestation", "EphemeralCrypto", "PropertyTesting",
        "TestSupport",
      ],
      exclude: ["Vectors"], swiftSettings: common),
    .testTarget(
      name: "EphemeralEngineTests",
      dependencies: [
        "EphemeralEngine", "EphemeralModel", "EphemeralWire", "EphemeralCrypto",
        "KernelInterface", "AllocationCounter", "PropertyTesting",
      ],
      swiftSettings: common),
    // Counts allocations in the process of the tests.
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .target(name: "TestSupport", path: "Tests/Support", swiftSettings: common),
    .testTarget(
      name: "EphemeralCryptoTests", dependencies: ["EphemeralCrypto", "COpenSSL", "TestSupport"],
      swiftSettings: common),
    .testTarget(
      name: "EphemeralSessionTests",
      dependencies: [
        "EphemeralSession", "EphemeralMock", "EphemeralAttestation", "EphemeralWire",
        "EphemeralCrypto", "EphemeralLockstep", "TestSupport",
      ], swiftSettings: common),
    .testTarget(
      name: "EphemeralSymbolicTests",
      dependencies: [
        "EphemeralSymbolic", "EphemeralSession", "EphemeralWire", "PropertyTesting",
      ], swiftSettings: common),
    .testTarget(
      name: "EphemeralModelTests",
      dependencies: ["EphemeralModel", "EphemeralWire", "EphemeralCrypto"],
      swiftSettings: common),
    .testTarget(
      name: "EphemeralDecomposeTests",
      dependencies: ["EphemeralDecompose", "EphemeralModel", "EphemeralCrypto", "TestSupport"],
      swiftSettings: common),
  ]
)
