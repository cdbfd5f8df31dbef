internal import Manifests
package import Model
package import Postgres
package import Reconciling

/// Looks at books and keeps them: guards, accounts, rules.
package struct LedgerBackend: IndividuallyObservingBackend {
  package typealias Observed = LedgerObserved

  private let pools: DatabasePools
  private let stores: ExportStores

  package init(stores: ExportStores, pools: @escaping DatabasePools) {
    self.stores = stores
    self.pools = pools
  }

  package var system: String { "PostgreSQL" }

  package func observe(
    _ subject: Subject<LedgerSpec>, in context: ReconcileContext
  ) async throws(BackendError) -> LedgerObserved? {
    guard let database = (subject.lastApplied?.spec ?? subject.spec)?.database.id else { return nil }
    let pool = try await context.pool(of: database, from: pools)
    var place: String?
    if let export = subject.desired?.spec.export { place = try stores.name(of: export.to, pool) }
    do throws(PostgresError) {
      return try await LedgerObserved.read(
        pool, name: subject.id.name, platform: subject.spec?.platform, exportedTo: place)
    } catch {
      // Before `Database` has created the database and its tables, there are provably no books.
      if error.code == .databaseMissing || error.code == .missing { return nil }
      throw error.backendError
    }
  }

  package func apply(
    _ operation: LedgerOperation, to subject: Subject<LedgerSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    guard let spec = subject.spec else { return }
    let pool = try await context.pool(of: spec.database.id, from: pools)
    let books = LedgerStore(pool)
    if operation != .open { try await checkOwner(subject, spec, books) }
    do throws(PostgresError) {
      switch operation {
      case .open:
        try await books.guardBooks()
        try await openAccounts(of: spec, in: books)
        try await pool.query(
          "INSERT INTO ledgers (name) VALUES ($1) ON CONFLICT DO NOTHING", [.text(subject.id.name)])
      case .openAccounts: try await openAccounts(of: spec, in: books)
      case .guardBooks: try await books.guardBooks()
      case .record(let rules, let effective): try await books.recordNext(rules, effective: effective)
      case .expire: while try await books.expire(most: 1000) == 1000 {}
      case .export: break
      case .close: _ = try await pool.query("DELETE FROM ledgers WHERE name = $1", [.text(subject.id.name)])
      }
    } catch {
      throw error.backendError
    }
    if operation == .open {
      try await checkOwner(subject, spec, books)
      try await checkPlatform(spec, books)
    }
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

  /// A day of many entries takes its time to write and to send.
  package func deadline(of operation: LedgerOperation, for subject: Subject<LedgerSpec>) -> TimeSpan {
    if case .export = operation { TimeSpan(seconds: 3600) } else { TimeSpan(seconds: 300) }
  }

  /// Of two that were planned at the same time one was first.
  private func checkOwner(_ subject: Subject<LedgerSpec>, _ spec: LedgerSpec, _ books: LedgerStore)
    async throws(BackendError)
  {
    let owner: String?
    do throws(PostgresError) {
      owner = try await books.pool.query("SELECT name FROM ledgers").first?.text(0)
    } catch {
      throw error.backendError
    }
    guard owner != subject.id.name, let owner else { return }
    throw BackendError(
      code: "ledger.taken", "\(spec.database) has the books of Ledger/\(owner) already",
      hint: "a database has one ledger: remove one of them", retry: .afterChange)
  }

  /// An account of the platform's name may be somebody's.
  private func checkPlatform(_ spec: LedgerSpec, _ books: LedgerStore) async throws(BackendError) {
    let kind: LedgerStore.AccountKind?
    do throws(PostgresError) {
      kind = try await books.account(spec.platform)?.kind
    } catch {
      throw error.backendError
    }
    guard kind == .platform else {
      throw BackendError(
        code: "ledger.platform", "account/\(spec.platform) is of kind \(kind?.rawValue ?? "none") already",
        hint: "give `platform` another name", retry: .afterChange)
    }
  }

  private func openAccounts(of spec: LedgerSpec, in books: LedgerStore) async throws(PostgresError) {
    try await books.open([spec.platform], as: .platform)
    try await books.open([LedgerStore.clearingAccount], as: .stripeClearing)
  }
}

extension LedgerObserved {
  /// Nil where the ledger of this name has nothing there.
  /// - Parameters:
  ///   - platform: the account that the declared rules name.
  ///   - place: where the export goes, as the table of exports calls it.
  static func read(
    _ pool: PostgresPool, name: String, platform: String?, exportedTo place: String?
  ) async throws(PostgresError) -> LedgerObserved? {
    let answers = try await pool.pipeline([
      Statement("SELECT name FROM ledgers ORDER BY name = $1 DESC, opened_at", [.text(name)]),
      LedgerGuards.missing,
      Statement(LedgerStore.newestRules, [.null]),
      Statement(
        "SELECT x FROM unnest($1::text[]) x WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE name = x)",
        [.textArray([platform, LedgerStore.clearingAccount].compactMap { $0 })]),
      Statement("SELECT count(*) FROM holds WHERE state = 'open' AND expires_at <= now()"),
    ])
    func names(_ rows: Rows) throws(PostgresError) -> [String] {
      var names: [String] = []
      for row in rows { names.append(try row.text(0)) }
      return names
    }
    let ledgers = try names(answers[0])
    let isOpen = ledgers.first == name
    let other = ledgers.first { $0 != name }
    guard isOpen || other != nil else { return nil }
    let newest = answers[2].first
    var export: ExportLocationObserved?
    if let place { export = ExportLocationObserved(name: place, state: try await .read(of: place, in: pool)) }
    return LedgerObserved(
      isOpen: isOpen, other: other,
      rules: try newest.map { row throws(PostgresError) in try LedgerRules(row) },
      effective: try newest?.timestamp(6), areRulesInForce: try newest?.bool(7) ?? true,
      missingAccounts: try names(answers[3]),
      unguarded: try names(answers[1]),
      overdueHolds: try answers[4].only().int(0), export: export)
  }
}
