import Ledger
import Manifests
import Model
import Reconciling

/// Books in memory, as far as the kind `Ledger` looks at them.
struct SimulatedLedgers: ResourceBackend {
  let server: SimulatedServer

  func observe(_ subjects: [Subject<LedgerSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<LedgerObserved?, BackendError>]
  {
    var answers: [ResourceID: Result<LedgerObserved?, BackendError>] = [:]
    for subject in subjects {
      answers[subject.id] = SimulatedLedgers.database(of: subject, in: context).map { name in
        SimulatedLedgers.observed(subject, server.now.databases[name])
      }
    }
    return answers
  }

  private static func observed(_ subject: Subject<LedgerSpec>, _ database: SimulatedServer.Database?)
    -> LedgerObserved?
  {
    guard let database, database.hasBooks else { return nil }
    let books = database.books
    let isOpen = books.owners.contains(subject.id.name)
    let other = books.owners.first { $0 != subject.id.name }
    guard isOpen || other != nil else { return nil }
    let needed = [subject.spec?.platform, LedgerStore.clearingAccount].compactMap { $0 }
    return LedgerObserved(
      isOpen: isOpen, other: other, rules: books.rules.last, effective: Timestamp(seconds: 0),
      missingAccounts: needed.filter { !books.accounts.contains($0) },
      unguarded: books.isGuarded ? [] : ["ledger_entries_immutable"], overdueHolds: books.overdueHolds)
  }

  func apply(_ operation: LedgerOperation, to subject: Subject<LedgerSpec>, in context: ReconcileContext)
    async throws(BackendError)
  {
    guard let spec = subject.spec else { return }
    let name = try SimulatedLedgers.database(of: subject, in: context).get()
    try server.change { state -> Result<Void, BackendError> in
      guard var database = state.databases[name], database.hasBooks else {
        return .failure(SimulatedServer.missing("the books in \(name)"))
      }
      switch operation {
      case .open:
        database.books.accounts.formUnion([spec.platform, LedgerStore.clearingAccount])
        database.books.owners.insert(subject.id.name)
      case .openAccounts: database.books.accounts.formUnion([spec.platform, LedgerStore.clearingAccount])
      case .guardBooks: database.books.isGuarded = true
      case .record(let rules, _): database.books.record(rules)
      case .expire: database.books.overdueHolds = 0
      case .export: break
      case .close: database.books.owners.remove(subject.id.name)
      }
      state.databases[name] = database
      return .success(())
    }.get()
  }

  private static func database(of subject: Subject<LedgerSpec>, in context: ReconcileContext)
    -> Result<String, BackendError>
  {
    guard let id = (subject.lastApplied?.spec ?? subject.spec)?.database.id,
      case .embedded(let name)? = context.offers.databases[id]?.address
    else {
      return .failure(
        BackendError(
          code: "database.undeclared", "the database of \(subject.id) is not declared", retry: .afterChange))
    }
    return .success(name)
  }
}

extension SimulatedServer {
  struct Books: Equatable, Sendable {
    var owners: Set<String> = []
    var accounts: Set<String> = []
    var rules: [LedgerRules] = []
    var isGuarded = true
    var overdueHolds: Int64 = 0

    /// As the next version, unless the newest are these already.
    mutating func record(_ other: LedgerRules) {
      let number = rules.last?.version ?? 0
      if let newest = rules.last, newest == SimulatedServer.Books.numbered(other, number) { return }
      rules.append(SimulatedServer.Books.numbered(other, number + 1))
    }

    private static func numbered(_ rules: LedgerRules, _ version: Int64) -> LedgerRules {
      LedgerRules(
        version: version, platform: rules.platform, gpuMinute: rules.gpuMinute, cpuMinute: rules.cpuMinute,
        tiers: rules.tiers)
    }
  }
}
