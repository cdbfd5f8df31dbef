internal import Manifests
package import Model
package import Postgres
package import Reconciling

/// Reads and writes the history of prices: one query for all maps of a database, one statement for a change.
package struct PriceMapBackend: ResourceBackend {
  private let pools: DatabasePools
  private let environmentPrices: EnvironmentPrices
  private let check: PriceCheck?

  /// - Parameter check: Nil disables price checks.
  package init(
    environmentPrices: EnvironmentPrices = .none, check: PriceCheck? = nil, pools: @escaping DatabasePools
  ) {
    self.environmentPrices = environmentPrices
    self.check = check
    self.pools = pools
  }

  package var system: String { "PostgreSQL" }

  package func observe(
    _ subjects: [Subject<PriceMapSpec>], in context: ReconcileContext
  ) async -> [ResourceID: Result<PriceMapObserved?, BackendError>] {
    var results: [ResourceID: Result<PriceMapObserved?, BackendError>] = Dictionary(
      minimumCapacity: subjects.count)
    let faults = await faults(of: subjects, context)
    let groups = Dictionary(grouping: subjects) { $0.spec?.database.id }
    for (database, group) in groups {
      do throws(BackendError) {
        let current = try await current(of: group, in: database, context)
        let left = try await leftBehind(by: group, context)
        add(group, from: current, left, faults, to: &results)
      } catch {
        for subject in group { results[subject.id] = .failure(error) }
      }
    }
    return results
  }

  package func apply(
    _ operation: PriceMapOperation, to subject: Subject<PriceMapSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    let map = subject.id.name
    if case .leave(let former, let close) = operation {
      return try await leave(former, close: close, in: map, context)
    }
    let store = try await store(subject.spec?.database.id, context)
    do throws(PostgresError) {
      switch operation {
      case .write(let entries, let close): try await store.write(entries, close: close, in: map)
      case .rename(let former): try await store.rename(former, to: map)
      case .leave: break
      }
    } catch {
      guard case .write(let entries, _) = operation, error.code == .duplicate else {
        throw error.backendError
      }
      throw await conflict(error, entries.map(\.priceID), subject.id, store)
    }
  }

  /// Closes prices in a former database, which the same pass may give another name before or after.
  private func leave(
    _ former: ResourceID, close: [String], in map: String, _ context: ReconcileContext
  ) async throws(BackendError) {
    let renamed = context.moves.move(from: former)?.to
    for database in [renamed, former].compactMap(\.self) {
      let store = try await store(database, context)
      do throws(PostgresError) {
        return try await store.write([], close: close, in: map)
      } catch {
        guard error.isAbsence, database == renamed else { throw error.backendError }
      }
    }
  }

  /// Degraded by faults of prices. The first fault gives the reason; the message has at most three.
  package func health(
    of subject: Subject<PriceMapSpec>, observed: PriceMapObserved, in context: ReconcileContext
  ) -> Health {
    guard let first = observed.faults.first else { return .ready }
    let more = observed.faults.count - 3
    let named = observed.faults.prefix(3).map(\.message).joined(separator: "; ")
    return .degraded(reason: first.reason.rawValue, message: named + (more > 0 ? "; and \(more) more" : ""))
  }

  // MARK: Observing

  /// The maximum number of maps that are queried by name; more are read by one scan.
  private static let maxByName = 1500

  private func current(
    of group: [Subject<PriceMapSpec>], in database: ResourceID?, _ context: ReconcileContext
  ) async throws(BackendError) -> [String: [PriceEntry]] {
    let store = try await store(database, context)
    do throws(PostgresError) {
      guard group.count <= PriceMapBackend.maxByName else {
        return try await store.current(maps: nil, prices: [])
      }
      let prices = group.flatMap { $0.desired.map { Array($0.spec.prices.keys) } ?? [] }
      let maps = group.flatMap { [$0.id.name] + ($0.movedFrom.map { [$0.id.name] } ?? []) }
      return try await store.current(maps: maps, prices: prices)
    } catch {
      guard error.isAbsence else { throw error.backendError }
      // A database that is renamed in this pass still has its former name.
      if let database, let former = context.moves.move(to: database)?.from,
        context.offers.leaving.contains(former)
      {
        return try await current(of: group, in: former, context)
      }
      // Before `Database` has created the database and its tables, prices are provably absent.
      if await store.provesAbsence(error) { return [:] }
      throw error.backendError
    }
  }

  /// The Price IDs that maps of this group still have in former databases that are still declared. The last
  /// applied resource of a map that is being moved refers to both. A database under another name is not a
  /// former one.
  private func leftBehind(
    by group: [Subject<PriceMapSpec>], _ context: ReconcileContext
  ) async throws(BackendError) -> [ResourceID: [ResourceID: [String]]] {
    var former: [ResourceID: [Subject<PriceMapSpec>]] = [:]
    for subject in group {
      guard let applied = subject.lastApplied else { continue }
      let current = subject.spec?.database.id ?? applied.spec.database.id
      let databases = Set(
        [applied.spec.database.id] + applied.references.map(\.target).filter { $0.kind == "Database" })
      for database in databases where !context.isSameDatabase(current, as: database) {
        if context.offers.databases[database] != nil { former[database, default: []].append(subject) }
      }
    }
    var left: [ResourceID: [ResourceID: [String]]] = [:]
    for (database, subjects) in former {
      let current = try await current(of: subjects, in: database, context)
      for subject in subjects {
        guard let entries = current[subject.id.name], !entries.isEmpty else { continue }
        left[subject.id, default: [:]][database] = entries.map(\.priceID)
      }
    }
    return left
  }

  /// The maximum duration of price checks in one observation.
  private static let checkTimeout = Duration.seconds(15)

  private func faults(
    of subjects: [Subject<PriceMapSpec>], _ context: ReconcileContext
  ) async -> [ResourceID: [PriceFault]] {
    guard let check else { return [:] }
    let deadline = ContinuousClock().now + PriceMapBackend.checkTimeout
    var faults: [ResourceID: [PriceFault]] = [:]
    for subject in subjects {
      guard let spec = subject.desired?.spec, spec.check != nil else { continue }
      faults[subject.id] = await check.faults(of: spec, at: context.now, until: deadline)
    }
    return faults
  }

  private func add(
    _ group: [Subject<PriceMapSpec>], from current: [String: [PriceEntry]],
    _ left: [ResourceID: [ResourceID: [String]]], _ faults: [ResourceID: [PriceFault]],
    to results: inout [ResourceID: Result<PriceMapObserved?, BackendError>]
  ) {
    var holders: [String: String]?
    for subject in group {
      let entries = current[subject.id.name] ?? []
      let former = subject.movedFrom.flatMap { current[$0.id.name] } ?? []
      let own = Set((entries + former).map(\.priceID))
      let missing = subject.desired.map { $0.spec.prices.keys.filter { !own.contains($0) } } ?? []
      var elsewhere: [String: String] = [:]
      if !missing.isEmpty {
        let known = holders ?? PriceMapBackend.holders(current)
        holders = known
        for price in missing { elsewhere[price] = known[price] }
      }
      let conflicts = subject.desired.map { environmentPrices.conflicts(with: $0.spec) } ?? []
      results[subject.id] = .success(
        entries.isEmpty && former.isEmpty && elsewhere.isEmpty && left[subject.id] == nil && conflicts.isEmpty
          ? nil
          : PriceMapObserved(
            entries: entries, former: former, heldElsewhere: elsewhere, leftBehind: left[subject.id] ?? [:],
            environmentConflicts: conflicts, faults: faults[subject.id] ?? []))
    }
  }

  private static func holders(_ current: [String: [PriceEntry]]) -> [String: String] {
    var holders: [String: String] = [:]
    for (map, entries) in current { for entry in entries { holders[entry.priceID] = map } }
    return holders
  }

  // MARK: Databases

  private func store(_ database: ResourceID?, _ context: ReconcileContext) async throws(BackendError)
    -> PriceMapStore
  {
    PriceMapStore(try await context.pool(of: database, from: pools))
  }

  private func conflict(
    _ error: PostgresError, _ prices: [String], _ id: ResourceID, _ store: PriceMapStore
  ) async -> BackendError {
    guard let holder = try? await store.holder(of: prices, otherThan: id.name) else {
      return error.backendError
    }
    return BackendError(
      code: "pricemap.conflict", "\(holder.price) of \(id) already belongs to PriceMap/\(holder.map)",
      hint: "remove it from one of the two maps")
  }
}
