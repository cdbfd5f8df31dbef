import Ledger
import Manifests
import Model
import Reconciling

/// The part of a ledger that the kind `Ledger` observes, in memory.
struct SimulatedLedgers: ResourceBackend {
  let server: SimulatedServer

  func observe(_ subjects: [Subject<LedgerSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<LedgerObserved?, BackendError>]
  {
    var answers: [ResourceID: Result<LedgerObserved?, BackendError>] = [:]
    for subject in subjects {
      let applied = (subject.lastApplied ?? subject.movedFrom)?.spec.database.id
      answers[subject.id] = SimulatedServer.database(
        context.presentDatabase(subject.desired?.spec.database.id, applied: applied), of: subject.id,
        in: context
      ).map { name in
        SimulatedLedgers.observed(
          subject, context.recordedIdentity(of: subject.id), server.now.databases[name])
      }
    }
    return answers
  }

  func identity(of observed: LedgerObserved) -> DataIdentity? {
    observed.isOpen ? observed.identity.data : nil
  }

  private static func observed(
    _ subject: Subject<LedgerSpec>, _ recorded: DataIdentity?, _ database: SimulatedServer.Database?
  ) -> LedgerObserved? {
    guard let database, database.hasLedger else { return nil }
    let ledger = database.ledger
    let isOpen = ledger.owners.contains(subject.id.name)
    let other = ledger.owners.first { $0 != subject.id.name }
    let continues = recorded.map { $0.id == ledger.id && ($0.head.map(ledger.has) ?? true) } ?? true
    guard isOpen || other != nil || recorded != nil && continues else { return nil }
    let needed = [subject.spec?.platform, LedgerStore.clearingAccount].compactMap { $0 }
    return LedgerObserved(
      identity: LedgerIdentity(
        data: DataIdentity(id: ledger.id, head: ledger.head), continuesRecorded: continues), isOpen: isOpen,
      other: other, rules: ledger.rules.last, effective: Timestamp(seconds: 0),
      missingAccounts: needed.filter { !ledger.accounts.contains($0) },
      unguarded: ledger.isGuarded ? [] : ["ledger_entries_immutable"], overdueHolds: ledger.overdueHolds)
  }

  func apply(_ operation: LedgerOperation, to subject: Subject<LedgerSpec>, in context: ReconcileContext)
    async throws(BackendError)
  {
    guard let spec = subject.spec else { return }
    let name = try SimulatedServer.database(spec.database.id, of: subject.id, in: context).get()
    try server.change { state -> Result<Void, BackendError> in
      guard var database = state.databases[name], database.hasLedger else {
        return .failure(SimulatedServer.missing("the ledger in \(name)"))
      }
      switch operation {
      case .open:
        database.ledger.accounts.formUnion([spec.platform, LedgerStore.clearingAccount])
        database.ledger.owners.insert(subject.id.name)
      case .rename(let old):
        if database.ledger.owners.remove(old) != nil { database.ledger.owners.insert(subject.id.name) }
      case .openAccounts: database.ledger.accounts.formUnion([spec.platform, LedgerStore.clearingAccount])
      case .installTriggers: database.ledger.isGuarded = true
      case .record(let rules, _): database.ledger.record(rules)
      case .expire: database.ledger.overdueHolds = 0
      case .export: break
      case .close: database.ledger.owners.remove(subject.id.name)
      }
      state.databases[name] = database
      return .success(())
    }.get()
  }
}

extension SimulatedServer {
  struct LedgerState: Equatable, Sendable {
    /// Empty before the migration that creates the ledger.
    var id = ""
    var entries: Set<String> = []
    var owners: Set<String> = []
    var accounts: Set<String> = []
    var rules: [LedgerRules] = []
    var isGuarded = true
    var overdueHolds: Int64 = 0

    /// The number of entries, which are only appended.
    var head: String? { entries.isEmpty ? nil : String(entries.count) }
    func has(_ head: String) -> Bool { Int(head).map { $0 <= entries.count } ?? false }

    /// Appends the rules as the next version, unless they equal the newest ones.
    mutating func record(_ other: LedgerRules) {
      let number = rules.last?.version ?? 0
      if let newest = rules.last, newest == SimulatedServer.LedgerState.numbered(other, number) { return }
      rules.append(SimulatedServer.LedgerState.numbered(other, number + 1))
    }

    private static func numbered(_ rules: LedgerRules, _ version: Int64) -> LedgerRules {
      LedgerRules(
        version: version, platform: rules.platform, gpuMinute: rules.gpuMinute, cpuMinute: rules.cpuMinute,
        tiers: rules.tiers)
    }
  }
}
