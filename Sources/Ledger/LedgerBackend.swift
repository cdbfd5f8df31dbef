internal import Manifests
package import Model
package import Postgres
package import Reconciling

/// Observes a ledger and applies changes: triggers, accounts, rules, exports.
package struct LedgerBackend: IndividuallyObservingBackend {
  package typealias Observed = LedgerObserved

  private let pools: DatabasePools
  private let stores: ExportStores

  package init(stores: ExportStores, pools: @escaping DatabasePools) {
    self.stores = stores
    self.pools = pools
  }

  package var system: String { "PostgreSQL" }

  package func observe(_ subject: Subject<LedgerSpec>, in context: ReconcileContext)
    async throws(BackendError)
    -> LedgerObserved?
  {
    let applied = (subject.lastApplied ?? subject.movedFrom)?.spec.database.id
    guard let database = context.presentDatabase(subject.desired?.spec.database.id, applied: applied) else {
      return nil
    }
    let pool = try await context.pool(of: database, from: pools)
    var destination: String?
    if let export = subject.desired?.spec.export { destination = try stores.name(of: export.to, pool) }
    do throws(PostgresError) {
      return try await LedgerObserved.read(
        pool, name: subject.id.name, recorded: context.recordedIdentity(of: subject.id),
        platform: subject.spec?.platform, exportedTo: destination)
    } catch {
      // Before `Database` has created the database and its tables, the ledger is provably absent.
      if await error.provesAbsence(of: "ledgers", in: pool) { return nil }
      throw error.backendError
    }
  }

  package func identity(of observed: LedgerObserved) -> DataIdentity? {
    observed.isOpen ? observed.identity.data : nil
  }

  package func apply(
    _ operation: LedgerOperation, to subject: Subject<LedgerSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    guard let spec = subject.spec else { return }
    let pool = try await context.pool(of: spec.database.id, from: pools)
    let store = LedgerStore(pool)
    if !operation.takesOwnership { try await checkOwner(subject, spec, store) }
    do throws(PostgresError) {
      switch operation {
      case .open:
        try await store.installTriggers()
        try await openAccounts(of: spec, in: store)
        try await pool.query(
          "INSERT INTO ledgers (name) VALUES ($1) ON CONFLICT DO NOTHING", [.text(subject.id.name)])
      case .rename(let old):
        try await pool.query(
          "UPDATE ledgers SET name = $1 WHERE name = $2", [.text(subject.id.name), .text(old)])
      case .openAccounts: try await openAccounts(of: spec, in: store)
      case .installTriggers: try await store.installTriggers()
      case .record(let rules, let effective): try await store.recordNext(rules, effective: effective)
      case .expire: while try await store.expire(limit: 1000) == 1000 {}
      case .export: break
      case .close: _ = try await pool.query("DELETE FROM ledgers WHERE name = $1", [.text(subject.id.name)])
      }
    } catch {
      throw error.backendError
    }
    if operation.takesOwnership { try await checkOwner(subject, spec, store) }
    if operation == .open { try await checkPlatform(spec, store) }
    if case .export(let day) = operation { try await export(day, spec, pool, context) }
  }

  private func export(_ text: String, _ spec: LedgerSpec, _ pool: PostgresPool, _ context: ReconcileContext)
    async throws(BackendError)
  {
    guard let day = UTCDay(text), let export = spec.export else { return }
    let daily = try await stores.export(pool, to: export.to)
    do throws(ExportError) {
      try await daily.run(day, now: context.now)
    } catch {
      throw error.backendError
    }
  }

  /// A day of many entries takes long to write and to upload.
  package func deadline(of operation: LedgerOperation, for subject: Subject<LedgerSpec>) -> TimeSpan {
    if case .export = operation { TimeSpan(seconds: 3600) } else { TimeSpan(seconds: 300) }
  }

  /// Fails if another `Ledger` was opened first.
  private func checkOwner(_ subject: Subject<LedgerSpec>, _ spec: LedgerSpec, _ store: LedgerStore)
    async throws(BackendError)
  {
    let owner: String?
    do throws(PostgresError) {
      owner = try await store.pool.query("SELECT name FROM ledgers").first?.text("name")
    } catch {
      throw error.backendError
    }
    guard owner != subject.id.name, let owner else { return }
    throw BackendError(
      code: "ledger.taken", "\(spec.database) already has Ledger/\(owner)",
      hint: "a database has one ledger: remove one of them", retry: .afterChange)
  }

  /// Fails if the account with the platform's name is of another kind.
  private func checkPlatform(_ spec: LedgerSpec, _ store: LedgerStore) async throws(BackendError) {
    let kind: LedgerStore.AccountKind?
    do throws(PostgresError) {
      kind = try await store.account(spec.platform)?.kind
    } catch {
      throw error.backendError
    }
    guard kind == .platform else {
      throw BackendError(
        code: "ledger.platform", "account/\(spec.platform) is already of kind \(kind?.rawValue ?? "none")",
        hint: "give `platform` another name", retry: .afterChange)
    }
  }

  private func openAccounts(of spec: LedgerSpec, in store: LedgerStore) async throws(PostgresError) {
    try await store.open([spec.platform], as: .platform)
    try await store.open([LedgerStore.clearingAccount], as: .stripeClearing)
  }
}

extension LedgerOperation {
  /// Whether the ledger belongs to the resource only after the operation.
  fileprivate var takesOwnership: Bool {
    switch self {
    case .open, .rename: true
    case .installTriggers, .openAccounts, .record, .expire, .export, .close: false
    }
  }
}

extension LedgerObserved {
  /// Nil where no ledger was opened in the database. The recorded ledger is observed even if the database
  /// does not say whose it is.
  /// - Parameters:
  ///   - recorded: The ledger as it was recorded last; nil when it never was.
  ///   - platform: The account that the declared rules name.
  ///   - destination: The name of the export's destination in the table of exports.
  static func read(
    _ pool: PostgresPool, name: String, recorded: DataIdentity?, platform: String?,
    exportedTo destination: String?
  ) async throws(PostgresError) -> LedgerObserved? {
    let results = try await pool.pipeline([
      Statement("SELECT name FROM ledgers ORDER BY name = $1 DESC, opened_at", [.text(name)]),
      LedgerGuards.missing,
      Statement(LedgerStore.newestRules, [.null]),
      AccountDirectory.missing([platform, LedgerStore.clearingAccount].compactMap { $0 }),
      Statement("SELECT count(*) AS overdue FROM holds WHERE state = 'open' AND expires_at <= now()"),
      LedgerIdentity.statement(recorded),
    ])
    func names(_ rows: Rows) throws(PostgresError) -> [String] {
      var names: [String] = []
      for row in rows { names.append(try row.text("name")) }
      return names
    }
    let ledgers = try names(results[0])
    let isOpen = ledgers.first == name
    let other = ledgers.first { $0 != name }
    let identity = try LedgerIdentity(results[5], recorded)
    let isRecorded = recorded != nil && identity.continuesRecorded
    guard isOpen || other != nil || isRecorded else { return nil }
    let newest = results[2].first
    var export: ExportLocationObserved?
    if let destination {
      export = ExportLocationObserved(name: destination, state: try await .read(of: destination, in: pool))
    }
    return LedgerObserved(
      identity: identity, isOpen: isOpen, other: other,
      rules: try newest.map { row throws(PostgresError) in try LedgerRules(row) },
      effective: try newest?.timestamp("effective_from"),
      areRulesInForce: try newest?.bool("is_in_force") ?? true,
      missingAccounts: try names(results[3]),
      unguarded: try names(results[1]),
      overdueHolds: try results[4].only().int("overdue"), export: export)
  }
}
