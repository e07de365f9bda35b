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

// The kernels need the vector unit's flags; without them each fused multiply-add is a call.
#if arch(x86_64)
  let kernels: [SwiftSetting] =
    quickInDebug + [.unsafeFlags(["-Xcc", "-mavx2", "-Xcc", "-mfma"])]
#else
  let kernels: [SwiftSetting] = quickInDebug
#endif

let platform: [Target.Dependency] = [
  .target(name: "EphemeralMock", condition: .when(traits: ["Mock"])),
  .target(name: "EphemeralNitro", condition: .when(traits: ["Production"])),
]

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
    .default(enabledTraits: ["Mock"]),
  ],
  targets: [
    .systemLibrary(name: "COpenSSL", pkgConfig: nil, providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .target(name: "EphemeralWire", swiftSettings: quickInDebug),
    .target(
      name: "EphemeralCrypto", dependencies: ["COpenSSL", "CLinux"], swiftSettings: quickInDebug),
    .target(
      name: "EphemeralAttestation", dependencies: ["EphemeralWire", "EphemeralCrypto"],
      swiftSettings: quickInDebug),
    .target(
      name: "EphemeralSession",
      dependencies: ["EphemeralWire", "EphemeralCrypto", "EphemeralAttestation"],
      swiftSettings: quickInDebug),
    .target(
      name: "EphemeralModel", dependencies: ["EphemeralWire", "EphemeralCrypto"],
      swiftSettings: quickInDebug),
    .target(
      name: "EphemeralDecompose",
      dependencies: ["EphemeralModel", "EphemeralWire", "EphemeralCrypto"],
      swiftSettings: quickInDebug),
    .target(
      name: "EphemeralEngine",
      dependencies: ["EphemeralModel", "EphemeralWire", "EphemeralCrypto", "CLinux"],
      swiftSettings: kernels),
    .target(
      name: "EphemeralRuntime",
      dependencies: [
        "EphemeralSession", "EphemeralEngine", "EphemeralModel", "EphemeralAttestation",
        "EphemeralWire", "EphemeralCrypto", "CLinux",
      ],
      swiftSettings: quickInDebug),
    .target(
      name: "EphemeralNitro", dependencies: ["EphemeralAttestation", "CLinux"],
      swiftSettings: quickInDebug),
    .target(
      name: "EphemeralMock",
      dependencies: ["EphemeralAttestation", "EphemeralWire", "EphemeralCrypto"],
      swiftSettings: common),
    .target(
      name: "EphemeralClient",
      dependencies: [
        "EphemeralDecompose", "EphemeralRuntime", "EphemeralSession", "EphemeralModel",
        "EphemeralAttestation", "EphemeralWire", "EphemeralCrypto", "CLinux",
      ],
      swiftSettings: common),
    .target(name: "PropertyTesting", swiftSettings: quickInDebug),
    .target(
      name: "EphemeralSymbolic",
      dependencies: [
        "EphemeralSession", "EphemeralWire", "EphemeralCrypto", "PropertyTesting",
      ],
      swiftSettings: quickInDebug),
    .target(
      name: "EphemeralSimulation", dependencies: ["EphemeralRuntime"], swiftSettings: common),

    .executableTarget(
      name: "ephml-client", dependencies: ["EphemeralClient"] + platform, swiftSettings: common),
    .executableTarget(
      name: "ephml-host", dependencies: ["EphemeralRuntime"] + platform, swiftSettings: common),
    .executableTarget(
      name: "ephml-enclave", dependencies: ["EphemeralRuntime"] + platform, swiftSettings: common,
      linkerSettings: [.unsafeFlags(["-static-executable"], .when(traits: ["Production"]))]),

    .executableTarget(
      name: "ephml-explore", dependencies: ["EphemeralSymbolic", "PropertyTesting"],
      swiftSettings: common),

    .testTarget(name: "TidyTests", swiftSettings: common),
    .testTarget(
      name: "EphemeralRuntimeTests",
      dependencies: [
        "EphemeralSimulation",
        "EphemeralRuntime", "EphemeralClient", "EphemeralSession", "EphemeralEngine",
        "EphemeralModel", "EphemeralAttestation", "EphemeralWire", "EphemeralCrypto",
        "SimulationSupport", "TestSupport",
      ] + platform, swiftSettings: common),
    .target(
      name: "SimulationSupport",
      dependencies: ["EphemeralModel", "EphemeralWire", "EphemeralCrypto"],
      path: "Tests/SimulationSupport", swiftSettings: common),
    .testTarget(
      name: "FaultTests",
      dependencies: [
        "EphemeralRuntime", "EphemeralSession", "EphemeralEngine", "EphemeralModel",
        "EphemeralAttestation", "EphemeralWire", "EphemeralCrypto", "PropertyTesting",
        "SimulationSupport", "EphemeralSimulation",
      ] + platform, swiftSettings: common),
    .testTarget(
      name: "EphemeralClientTests",
      dependencies: [
        "EphemeralClient", "EphemeralRuntime", "EphemeralModel", "EphemeralAttestation",
        "EphemeralWire",
      ],
      swiftSettings: common),
    .testTarget(
      name: "PropertyTestingTests", dependencies: ["PropertyTesting"], exclude: ["Peers"],
      swiftSettings: common),
    .testTarget(
      name: "SystemTests",
      dependencies: [
        "EphemeralClient", "EphemeralDecompose", "EphemeralRuntime", "EphemeralSession",
        "EphemeralModel", "EphemeralAttestation", "EphemeralWire", "EphemeralCrypto",
        "TestSupport", "ephml-client", "ephml-host", "ephml-enclave",
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
        "EphemeralCrypto", "TestSupport",
      ],
      swiftSettings: common),
    .testTarget(
      name: "EphemeralEngineTests",
      dependencies: [
        "EphemeralEngine", "EphemeralModel", "EphemeralWire", "EphemeralCrypto",
      ],
      swiftSettings: common),
    .target(name: "TestSupport", path: "Tests/Support", swiftSettings: common),
    .testTarget(
      name: "EphemeralCryptoTests", dependencies: ["EphemeralCrypto", "COpenSSL", "TestSupport"],
      swiftSettings: common),
    .testTarget(
      name: "EphemeralSessionTests",
      dependencies: [
        "EphemeralSession", "EphemeralMock", "EphemeralAttestation", "EphemeralWire",
        "EphemeralCrypto", "TestSupport",
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
