import FoundationEssentials
import Glibc
import Ledger
import Model
import Postgres

/// Kinds whose things are rows and files.
extension KillPointScenario {
  static func records(_ installation: Installation) throws -> [KillPointScenario] {
    [
      prices, ledger, try scheduler(installation, image: try installation.image("echoImage")), nodes,
      environment, backups,
    ]
  }

  /// Prices are recorded, renamed with their map, moved to another database and closed.
  private static var prices: KillPointScenario {
    let second = Manifest("Database", "second", "embedded: {}")
    func map(_ name: String, former: String? = nil, in database: String, credits: Int) -> Manifest {
      Manifest(
        "PriceMap", name, former: former,
        "database: Database/\(database)\nprices: {price_kp: {credits: \(credits)}, price_kq: {credits: 7}}")
    }
    return KillPointScenario(
      name: "prices",
      states: [
        State(manifests: [second]),
        State(manifests: [second, map("packs", in: "platform", credits: 10)]),
        State(manifests: [second, map("packs", in: "platform", credits: 20)]),
        State(manifests: [second, map("bundles", former: "PriceMap/packs", in: "platform", credits: 20)]),
        State(manifests: [second, map("bundles", in: "second", credits: 20)]),
      ])
  }

  /// A ledger is opened, renamed and closed; rules change, holds expire, a day is exported.
  private static var ledger: KillPointScenario {
    func ledger(_ name: String, former: String? = nil, _ more: String) -> Manifest {
      Manifest("Ledger", name, former: former, "payouts: {cpuMinute: 0.1}\n\(more)")
    }
    let house = "platform: house\nexport: {to: {folder: exports}}"
    return KillPointScenario(
      name: "ledger",
      states: [
        State(manifests: []),
        State(manifests: [ledger("credits", "platform: platform")]),
        State(
          manifests: [ledger("credits", house)], disturb: { try await $0.useLedger() }),
        State(manifests: [ledger("coins", former: "Ledger/credits", house)]),
      ])
  }

  /// A scheduler is recorded, renamed and removed, with its nodes, modules and the file for Kubernetes.
  private static func scheduler(_ installation: Installation, image: String) throws -> KillPointScenario {
    func scheduler(_ name: String, former: String? = nil, _ runtime: String) -> Manifest {
      Manifest("Scheduler", name, former: former, "replicas: {min: 1, max: 2}\nruntime: \(runtime)")
    }
    func module(_ name: String, replicas: Int, variant: String) -> Manifest {
      Manifest(
        "Module", name,
        """
        jobType: \(name)
        image: "\(image)"
        serves: {http: {port: 8080, run: /run, health: /health}}
        developer: account/kp-developer
        price: {credits: 0.01, per: job}
        placement: {on: {tier: cpu}, replicas: \(replicas)}
        environment: {VARIANT: "\(variant)"}
        \(Manifest.limits)
        """)
    }
    let keda = "{keda: {image: \"\(image)\"}}"
    let (ledger, node) = (Manifest.ledger, Manifest.node("work"))
    return KillPointScenario(
      name: "scheduler",
      states: [
        State(manifests: [ledger]),
        State(
          manifests: [
            ledger, node, scheduler("global", "{process: {}}"), module("echo", replicas: 2, variant: "a"),
          ], disturb: { try await $0.forgetAccounts() }),
        State(
          manifests: [ledger, node, scheduler("global", keda), module("echo", replicas: 2, variant: "b")]),
        State(
          manifests: [ledger, node, scheduler("global", keda), module("echo", replicas: 1, variant: "b")]),
        State(
          manifests: [
            ledger, node, scheduler("local", former: "Scheduler/global", "{process: {}}"),
          ]),
      ])
  }

  /// A node is registered, changed and unregistered.
  private static var nodes: KillPointScenario {
    func node(_ cores: Int) -> Manifest {
      Manifest("Node", "extra", "owner: account/ada\nengine: {local: {}}\ncores: \(cores)\nmemory: 64Mi")
    }
    return KillPointScenario(
      name: "nodes",
      states: [State(manifests: []), State(manifests: [node(1)]), State(manifests: [node(2)])])
  }

  private static var environment: KillPointScenario {
    KillPointScenario(
      name: "environment",
      states: [State(manifests: []), State(manifests: [], hasEnvironment: false)])
  }

  /// A server is archived and backed up; its policy leaves.
  private static var backups: KillPointScenario {
    func policy(_ keep: String) -> Manifest {
      Manifest(
        "BackupPolicy", "platform",
        "of: Database/platform\nschedule: \"0 2 * * *\"\nkeep: \(keep)\nrepository: {folder: backups}")
    }
    return KillPointScenario(
      name: "backups",
      states: [
        State(manifests: [], disturb: { _ in }),
        State(manifests: [policy("{full: 5}")], disturb: { try await $0.removeRepository() }),
        State(manifests: [policy("{full: 1}")], disturb: { try await $0.addBackup() }),
      ])
  }
}

extension KillPointWorld {
  private func onLedger(_ work: (PostgresPool) async throws -> Void) async throws {
    let pool = PostgresPool(try await server.configuration(database: "platform"), connections: 1)
    let result: Result<Void, any Error>
    do { result = .success(try await work(pool)) } catch { result = .failure(error) }
    await pool.close()
    try result.get()
  }

  /// Leaves an overdue hold, past days without an export, a missing account and a disabled trigger.
  func useLedger() async throws {
    let run = UInt32.random(in: 0 ... .max)
    let past = Timestamp(seconds: Int64(time(nil)) - 2 * 86_400)
    try await onLedger { pool in
      let store = LedgerStore(pool)
      try await store.open(["kp-creator"], as: .creator)
      let grant = LedgerCall(
        .transfer([LedgerLeg(to: "kp-creator", Credits(micro: 5_000_000), for: "grant")], job: ""),
        on: LedgerStore.clearingAccount, key: "grant-\(run)")
      let hold = LedgerCall(
        .hold(Credits(micro: 1000), job: "job-\(run)", lifetime: TimeSpan(seconds: 60)), on: "kp-creator",
        key: "hold-\(run)")
      for result in try await store.execute([grant, hold], at: past) { _ = try result.get() }
      try await pool.script(
        """
        ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_immutable;
        DELETE FROM ledger_exports;
        SET session_replication_role = replica;
        DELETE FROM accounts WHERE name = 'house';
        """)
    }
  }

  /// Removes the accounts that only a scheduler needs.
  func forgetAccounts() async throws {
    try await onLedger { pool in
      try await pool.script(
        "SET session_replication_role = replica; DELETE FROM accounts WHERE name = 'kp-developer'")
    }
  }

  /// Removes the repository and the configuration of an earlier policy.
  func removeRepository() async throws {
    let base = try await backupBase()
    for folder in ["backups", "pgbackrest"] where access("\(base)/\(folder)", F_OK) == 0 {
      try FileManager.default.removeItem(atPath: "\(base)/\(folder)")
    }
  }

  private func backupBase() async throws -> String {
    let data = try await server.dataFolder()
    if data.hasPrefix(installation.state + "/") { return installation.state }
    return data.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }

  /// Makes a second backup, which the next policy does not keep, and removes the record of the owner.
  func addBackup() async throws {
    let made = try await installation.run("backup", "now", "BackupPolicy/platform")
    guard made.exitCode == 0 else { throw KillPointError(description: "\(made)") }
    try FileManager.default.removeItem(atPath: "\(try await backupBase())/backups/rendertrust-owner.json")
  }
}

struct KillPointError: Error, CustomStringConvertible { let description: String }
