// swift-tools-version: 6.2
import PackageDescription

// Dependencies, each chosen once and with its reason:
// - swift-argument-parser: the standard for Swift command lines; generates completions.
// - swift-subprocess: child processes with structured lifetimes, instead of our own fork and exec.
// - swift-service-lifecycle: signals as a sequence.
// - hummingbird: everything that listens. Without its traits: no Foundation, and settings are handed to it.
// - swift-configuration: settings from flags, environment and file, in one order. Without its traits: files
//   are read with our own YAML, which knows the line of a wrong key.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdHTTP2 = Target.Dependency.product(name: "HummingbirdHTTP2", package: "hummingbird")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")

/// A module that owns kinds: what every such module imports, and the drivers it needs.
/// - Parameters:
///   - folder: the folder below `Sources`; nil: `Kinds/<name>`.
///   - sql: whether its folder `SQL` is embedded in the program.
func kinds(
  _ name: String, folder: String? = nil, _ drivers: [Target.Dependency] = [], sql: Bool = false
) -> Target {
  .target(
    name: name, dependencies: ["KindSupport", "Manifests", "Planning", "Reconciling", "Model"] + drivers,
    path: "Sources/\(folder ?? "Kinds/\(name)")",
    resources: sql ? [.embedInCode("SQL")] : [])
}

func driver(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: ["Model"] + dependencies, path: "Sources/Drivers/\(name)")
}

/// - Parameter data: folders of the target that hold files which tests read, not sources.
func tests(_ name: String, _ dependencies: [Target.Dependency], data: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies + ["RandomSupport"], path: "Tests/\(name)Tests",
    exclude: data)
}

let system: [Target] = [
  .systemLibrary(
    name: "CLibYAML", path: "Sources/System/CLibYAML", pkgConfig: "yaml-0.1",
    providers: [.apt(["libyaml-dev"])]),
  .systemLibrary(
    name: "CLibPQ", path: "Sources/System/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
  .systemLibrary(
    name: "CLibCurl", path: "Sources/System/CLibCurl", pkgConfig: "libcurl",
    providers: [.apt(["libcurl4-openssl-dev"])]),
  .systemLibrary(
    name: "COpenSSL", path: "Sources/System/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]
  ),
  .systemLibrary(
    name: "CLibZstd", path: "Sources/System/CLibZstd", pkgConfig: "libzstd",
    providers: [.apt(["libzstd-dev"])]),
]

let core: [Target] = [
  .target(name: "Model", dependencies: ["COpenSSL"]),
  .target(name: "Concurrency"),
  .target(name: "Manifests", dependencies: ["Model", "CLibYAML"]),
  .target(name: "Planning", dependencies: ["Model"]),
  .target(name: "Reconciling", dependencies: ["Concurrency", "Model"]),
  .target(
    name: "ControllerState", dependencies: ["Model", "Postgres", "Reconciling"],
    resources: [.embedInCode("SQL")]),
]

let drivers: [Target] = [
  driver("HTTP", ["CLibCurl"]),
  driver("DockerEngine", ["HTTP"]),
  driver("Postgres", ["CLibPQ", "Concurrency", subprocess]),
  driver("PgBackRest", [subprocess]),
  driver("StripeAPI", ["HTTP", "COpenSSL"]),
  driver("Parquet", ["CLibZstd"]),
  driver("ObjectStorage", ["HTTP"]),
]

let kindModules: [Target] = [
  .target(
    name: "KindSupport", dependencies: ["Manifests", "Planning", "Reconciling", "Model"],
    path: "Sources/Kinds/KindSupport"),
  kinds("ContainerSupport", ["Concurrency", "DockerEngine", "HTTP"]),
  kinds("Databases", ["Concurrency", "Postgres"], sql: true),
  kinds("Services", ["Concurrency", "ContainerSupport"]),
  kinds("Nodes", ["Concurrency", "ContainerSupport"]),
  kinds("Modules", ["ContainerSupport"]),
  kinds("Recovery", ["Concurrency", "Postgres", "PgBackRest"], sql: true),
  kinds("Delivery", ["Postgres"]),
  kinds("Ledger", folder: "Ledger", ["HTTP", "ObjectStorage", "Parquet", "Postgres"], sql: true),
  kinds("Billing", folder: "Billing", ["Ledger", "Postgres", "StripeAPI"], sql: true),
]

/// A part of the jobs subsystem; every one of them knows the values of `Model`.
/// - Parameter sql: whether its folder `SQL` is embedded in the program.
func jobs(_ name: String, _ dependencies: [Target.Dependency] = [], sql: Bool = false) -> Target {
  .target(
    name: name, dependencies: ["Model"] + dependencies, path: "Sources/Jobs/\(name)",
    resources: sql ? [.embedInCode("SQL")] : [])
}

// SchedulerKind → {JobStore, Autoscaling} → Placement → JobModel ← NodeRunner.
let jobModules: [Target] = [
  jobs("JobModel"),
  jobs("Placement", ["JobModel"]),
  jobs(
    "JobStore", ["JobModel", "Placement", "Ledger", "Postgres", "Concurrency", "Reconciling"], sql: true),
  jobs("Autoscaling", ["Concurrency", "ContainerSupport", "Reconciling", subprocess]),
  jobs("NodeRunner", ["JobModel", "ContainerSupport", "Concurrency", "HTTP", "Reconciling"]),
  jobs(
    "SchedulerKind",
    [
      "Autoscaling", "Concurrency", "JobModel", "JobStore", "Placement", "ContainerSupport", "KindSupport",
      "Ledger", "Manifests", "Planning", "Postgres", "Reconciling",
    ]),
]
let kindModuleNames = (kindModules + jobModules).map { Target.Dependency(stringLiteral: $0.name) }

let gateway: [Target] = [
  .target(
    name: "Gateway",
    dependencies: [
      "JobModel", "Reconciling", "Model", hummingbird, hummingbirdCore, hummingbirdHTTP2, hummingbirdTLS,
      httpTypes, logging, nioCore, nioSSL, serviceLifecycle,
    ])
]

let controlPlane: [Target] = [
  .target(
    name: "ControlPlane",
    dependencies: kindModuleNames + [
      "Concurrency", "ControllerState", "DockerEngine", "Gateway", "HTTP", "Manifests", "Model", "PgBackRest",
      "Planning", "Postgres", "Reconciling", "StripeAPI", configuration, logging, unixSignals,
    ])
]

let executables: [Target] = [
  .executableTarget(
    name: "rendertrust",
    dependencies: [
      "Autoscaling", "Billing", "ControlPlane", "ControllerState", "Gateway", "HTTP", "JobModel", "JobStore",
      "KindSupport", "Ledger", "Manifests", "Model", "Planning", "Postgres", "Reconciling", "Recovery",
      argumentParser, logging,
    ]),
  .executableTarget(
    name: "simulate", dependencies: ["SimulationSupport"], path: "Tests/Simulate"),
  .executableTarget(
    name: "siege-ledger", dependencies: ["Ledger", "Model", "Postgres"], path: "Tests/Siege"),
  .executableTarget(
    name: "siege-scheduler", dependencies: ["JobStore", "Model", "Postgres"], path: "Tests/SiegeJobs"),
  .executableTarget(
    name: "bench-manifests", dependencies: ["Manifests", "Model"], path: "Benchmarks/ManifestBench"),
  .executableTarget(
    name: "bench-containers", dependencies: ["DockerEngine", "HTTP", "Model"],
    path: "Benchmarks/ContainerBench"),
  .executableTarget(
    name: "bench-selection", dependencies: ["JobModel", "Model", "Placement"],
    path: "Benchmarks/SelectionBench"),
  .executableTarget(
    name: "bench-ledger",
    dependencies: ["Concurrency", "Ledger", "Model", "ObjectStorage", "Postgres", subprocess],
    path: "Benchmarks/LedgerBench"),
  .executableTarget(
    name: "bench-gateway", dependencies: ["Gateway", "GatewaySupport", "Model", "Reconciling", logging],
    path: "Benchmarks/GatewayBench"),
  // Without a sanitizer it is a program that does nothing; see scripts/fuzz.sh.
  .executableTarget(
    name: "fuzz-manifests",
    dependencies: [
      "Billing", "Databases", "Delivery", "Nodes", "Ledger", "Manifests", "Model", "Modules", "Recovery",
      "SchedulerKind", "Services",
    ], path: "Tests/Fuzz", exclude: ["Corpus", "keys.dict"]),
]

let testTargets: [Target] = [
  .target(
    name: "ContainerFakes",
    dependencies: [
      "ContainerSupport", "DockerEngine", "DockerSupport", "HTTP", "Planning", "Reconciling", "Manifests",
      "Model",
    ], path: "Tests/Support/Containers"),
  .target(
    name: "DockerSupport", dependencies: ["DockerEngine", "HTTP", "Model"], path: "Tests/Support/Docker"),
  .target(
    name: "GatewaySupport", dependencies: ["Gateway", "JobModel", "Model"], path: "Tests/Support/Gateway"),
  .target(name: "HTTPSupport", path: "Tests/Support/HTTP"),
  .target(
    name: "ObjectStorageSupport", dependencies: ["ObjectStorage", "HTTP", "Model"],
    path: "Tests/Support/ObjectStorage"),
  .target(name: "RandomSupport", path: "Tests/Support/Random"),
  .target(
    name: "RefactoringSupport", dependencies: ["RandomSupport", "Model"], path: "Tests/Support/Refactoring"),
  .target(name: "PostgresSupport", dependencies: ["Postgres", "Model"], path: "Tests/Support/Postgres"),
  .target(
    name: "ReconcilingSupport", dependencies: ["KindSupport", "Reconciling", "Planning", "Model"],
    path: "Tests/Support/Reconciling"),
  .target(
    name: "KindTestSupport", dependencies: ["Manifests", "Planning", "Reconciling", "Model"],
    path: "Tests/Support/Kinds"),
  .target(
    name: "SimulationSupport",
    dependencies: [
      "Concurrency", "KindSupport", "ContainerSupport", "Databases", "Services", "Nodes", "Modules",
      "Billing", "Ledger", "RandomSupport", "RefactoringSupport", "Recovery",
      "Placement", "SchedulerKind", "Delivery", "ContainerFakes", "ReconcilingSupport", "Manifests",
      "Planning",
      "Reconciling", "Model",
      "Postgres", "DockerEngine",
    ], path: "Tests/Support/Simulation"),
  .target(
    name: "SchedulingSupport", dependencies: ["JobStore", "Ledger", "Model", "Placement", "Postgres"],
    path: "Tests/Support/Scheduling"),
  .target(
    name: "StripeSupport", dependencies: ["HTTPSupport", "Model", subprocess], path: "Tests/Support/Stripe",
    exclude: ["Official"]),
  tests(
    "Billing",
    [
      "Billing", "Gateway", "HTTP", "Ledger", "KindTestSupport", "Manifests", "Planning", "Reconciling",
      "Model",
      "Postgres", "PostgresSupport", "HTTPSupport", "StripeAPI", "StripeSupport", logging,
    ]),
  tests(
    "ControllerState",
    ["ControllerState", "ReconcilingSupport", "Reconciling", "Postgres", "PostgresSupport", "Model"]),
  tests(
    "Databases",
    [
      "Databases", "KindTestSupport", "Manifests", "Planning", "Reconciling", "Model", "Postgres",
      "PostgresSupport",
    ]),
  tests(
    "Delivery",
    [
      "Delivery", "KindTestSupport", "Manifests", "Planning", "Reconciling", "Model", "Postgres",
      "PostgresSupport",
    ]),
  tests("DockerEngine", ["DockerEngine", "DockerSupport", "HTTP", "Model"]),
  tests(
    "EndToEnd",
    [
      "rendertrust", "Billing", "ContainerSupport", "ControlPlane", "Databases", "Delivery", "DockerEngine",
      "DockerSupport", "HTTP", "Ledger", "Manifests", "Model", "Nodes", "Planning", "Postgres",
      "PostgresSupport", "Reconciling", "Recovery", "RefactoringSupport", "SchedulerKind",
      "StripeSupport", subprocess,
    ], data: ["Golden", "Stored"]),
  tests("Model", ["Model"]),
  tests(
    "Nodes",
    [
      "ContainerFakes", "DockerEngine", "DockerSupport", "KindTestSupport", "Nodes", "Manifests", "Model",
      "Planning", "Reconciling", "ContainerSupport",
    ]),
  tests(
    "Gateway",
    [
      "Gateway", "GatewaySupport", "HTTP", "JobModel", "Reconciling", "KindTestSupport", "Model", logging,
      subprocess,
    ]),
  tests("HTTP", ["HTTP", "HTTPSupport", "Model", subprocess]),
  tests(
    "Ledger",
    [
      "KindSupport", "Ledger", "KindTestSupport", "HTTP", "Manifests", "Planning", "Reconciling", "Model",
      "ObjectStorage", "ObjectStorageSupport", "Parquet", "Postgres", "PostgresSupport",
      "siege-ledger", subprocess,
    ]),
  tests("Manifests", ["Manifests", "Model"]),
  tests(
    "Modules",
    [
      "ContainerFakes", "DockerEngine", "DockerSupport", "KindTestSupport", "Modules", "Manifests", "Model",
      "Planning", "Reconciling", "ContainerSupport",
    ]),
  tests("ObjectStorage", ["ObjectStorage", "ObjectStorageSupport", "HTTP", "HTTPSupport", "Model"]),
  tests("Parquet", ["Parquet", "Model", subprocess]),
  tests("PgBackRest", ["PgBackRest", "Postgres", "PostgresSupport", "Model"]),
  tests("Planning", ["Planning", "Model"], data: ["Golden"]),
  tests("Postgres", ["Postgres", "PostgresSupport", "Model"]),
  tests(
    "Reconciling", ["Reconciling", "ReconcilingSupport", "Planning", "Model"]),
  tests(
    "Recovery",
    [
      "Recovery", "KindTestSupport", "Manifests", "Planning", "Reconciling", "Model", "Postgres",
      "PgBackRest",
      "PostgresSupport",
    ]),
  tests(
    "Remote",
    [
      "rendertrust", "ControlPlane", "Gateway", "GatewaySupport", "HTTP", "Ledger", "Manifests", "Model",
      "Planning",
      "JobModel", "PostgresSupport", "Reconciling", argumentParser, logging, subprocess,
    ]),
  tests("Placement", ["JobModel", "Model", "Placement"]),
  tests(
    "JobStore",
    [
      "JobModel", "JobStore", "Ledger", "Model", "Placement", "Postgres",
      "PostgresSupport",
      "SchedulingSupport", "siege-scheduler", subprocess,
    ]),
  tests(
    "Autoscaling",
    [
      "Autoscaling", "ContainerFakes", "ContainerSupport", "Model", "PostgresSupport",
      "Reconciling", "ReconcilingSupport",
    ]),
  tests(
    "NodeRunner",
    [
      "ContainerFakes", "ContainerSupport", "DockerEngine", "DockerSupport", "HTTP", "JobModel", "JobStore",
      "Ledger", "Model", "NodeRunner", "Postgres", "PostgresSupport", "Reconciling", "ReconcilingSupport",
      "SchedulingSupport",
    ]),
  tests(
    "SchedulerKind",
    [
      "Autoscaling", "ContainerFakes", "JobStore", "KindSupport", "KindTestSupport", "Ledger", "Manifests",
      "Model", "Modules", "Nodes", "Placement", "Planning", "Postgres", "PostgresSupport", "Reconciling",
      "SchedulerKind",
    ]),
  tests(
    "Services",
    [
      "ContainerFakes", "DockerEngine", "DockerSupport", "KindSupport", "KindTestSupport", "Services",
      "Manifests", "Model", "Planning", "Reconciling", "ContainerSupport",
    ]),
  tests("Simulation", ["Model", "RefactoringSupport", "SimulationSupport"]),
  tests("StripeAPI", ["Concurrency", "StripeAPI", "StripeSupport", "HTTP", "HTTPSupport", "Model"]),
  tests(
    "Terminal",
    ["rendertrust", "ControlPlane", "Planning", "Reconciling", "JobModel", "Model", argumentParser]),
  tests("Concurrency", ["Concurrency"]),
  tests("ControlPlane", ["ControlPlane", "Model", "Planning", "Postgres"]),
  tests(
    "ContainerSupport",
    ["ContainerFakes", "ContainerSupport", "DockerEngine", "Manifests", "Model"]),
]

let package = Package(
  name: "rendertrust",
  products: [.executable(name: "rendertrust", targets: ["rendertrust"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
  ],
  targets: system + core + drivers + kindModules + jobModules + gateway + controlPlane + executables
    + testTargets
)

for target in package.targets where target.type != .system {
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
  ]
}
