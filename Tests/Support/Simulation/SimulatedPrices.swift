import Billing
import Manifests
import Model
import Reconciling

/// The backend of the kind `PriceMap` over the server in memory.
struct SimulatedPrices: ResourceBackend {
  let server: SimulatedServer

  func observe(_ subjects: [Subject<PriceMapSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<PriceMapObserved?, BackendError>]
  {
    var answers: [ResourceID: Result<PriceMapObserved?, BackendError>] = [:]
    for subject in subjects {
      switch SimulatedServer.database(subject.spec?.database.id, of: subject.id, in: context) {
      case .failure(let error): answers[subject.id] = .failure(error)
      case .success(let name):
        let databases = server.now.databases
        let name = SimulatedPrices.presentName(of: subject, name, databases, in: context)
        let left = SimulatedPrices.formerDatabases(of: subject, in: context).compactMapValues { name in
          databases[name]?.prices[subject.id.name]?.keys.sorted()
        }
        answers[subject.id] = .success(observed(subject, databases[name]?.prices ?? [:], left))
      }
    }
    return answers
  }

  /// The former name of a database that is renamed in this pass.
  private static func presentName(
    of subject: Subject<PriceMapSpec>, _ name: String, _ databases: [String: SimulatedServer.Database],
    in context: ReconcileContext
  ) -> String {
    guard databases[name] == nil, let id = subject.spec?.database.id,
      let former = context.moves.move(to: id)?.from, context.offers.leaving.contains(former),
      case .embedded(let old)? = context.offers.databases[former]?.address
    else { return name }
    return old
  }

  /// The names of databases that stored the map before.
  private static func formerDatabases(of subject: Subject<PriceMapSpec>, in context: ReconcileContext)
    -> [ResourceID: String]
  {
    var former: [ResourceID: String] = [:]
    guard let current = subject.spec?.database.id else { return [:] }
    for id in (subject.lastApplied?.references.map(\.target) ?? [])
    where !context.isSameDatabase(current, as: id) {
      if case .embedded(let name)? = context.offers.databases[id]?.address { former[id] = name }
    }
    return former
  }

  private func observed(
    _ subject: Subject<PriceMapSpec>, _ prices: [String: [String: PriceEntry]], _ left: [ResourceID: [String]]
  ) -> PriceMapObserved? {
    let own = prices[subject.id.name] ?? [:]
    let former = subject.movedFrom.flatMap { prices[$0.id.name] } ?? [:]
    var elsewhere: [String: String] = [:]
    for price in subject.desired?.spec.prices.keys.sorted() ?? []
    where own[price] == nil && former[price] == nil {
      let others = prices.filter { $0.key != subject.id.name && $0.value[price] != nil }
      elsewhere[price] = others.keys.min()
    }
    guard !own.isEmpty || !former.isEmpty || !elsewhere.isEmpty || !left.isEmpty else { return nil }
    return PriceMapObserved(
      entries: own.values.sorted { $0.priceID < $1.priceID },
      former: former.values.sorted { $0.priceID < $1.priceID }, heldElsewhere: elsewhere, leftBehind: left)
  }

  func apply(_ operation: PriceMapOperation, to subject: Subject<PriceMapSpec>, in context: ReconcileContext)
    async throws(BackendError)
  {
    let map = subject.id.name
    let (name, entries, close): (String, [PriceEntry], [String])
    switch operation {
    case .write(let written, let closed):
      (name, entries, close) = (
        try SimulatedServer.database(subject.spec?.database.id, of: subject.id, in: context).get(), written,
        closed
      )
    case .rename(let former):
      let name = try SimulatedServer.database(
        subject.spec?.database.id, of: subject.id, in: context
      ).get()
      server.change { state in
        let entries = state.databases[name]?.prices.removeValue(forKey: former) ?? [:]
        state.databases[name]?.prices[map, default: [:]].merge(entries) { own, _ in own }
        let history = state.databases[name]?.priceHistory.removeValue(forKey: former)
        if let history {
          state.databases[name]?.priceHistory[map, default: [:]].merge(history) { own, _ in own }
        }
      }
      return
    case .leave(let database, let closed):
      let names = [context.moves.move(from: database)?.to, database].compactMap { id -> String? in
        guard let id, case .embedded(let name)? = context.offers.databases[id]?.address else { return nil }
        return name
      }
      let databases = server.now.databases
      guard let former = names.first(where: { databases[$0] != nil }) else { return }
      (name, entries, close) = (former, [], closed)
    }
    try server.change { state -> Result<Void, BackendError> in
      guard var database = state.databases[name], !database.migrations.isEmpty else {
        return .failure(SimulatedServer.missing("the price table in \(name)"))
      }
      for entry in entries {
        let holder = database.prices.filter { $0.key != map && $0.value[entry.priceID] != nil }.keys.min()
        if let holder {
          return .failure(
            BackendError(code: "pricemap.conflict", "\(entry.priceID) already belongs to PriceMap/\(holder)"))
        }
      }
      let changed = entries.filter { database.prices[map]?[$0.priceID] != $0 }.map(\.priceID)
      for price in close + changed { database.priceHistory[map]?[price] = nil }
      for price in close { database.prices[map]?[price] = nil }
      for entry in entries { database.prices[map, default: [:]][entry.priceID] = entry }
      if database.prices[map]?.isEmpty == true { database.prices[map] = nil }
      state.databases[name] = database
      return .success(())
    }.get()
  }
}
