internal import Manifests
package import Model
package import Planning

/// Plans from the observed ledger to the declared rules. Recorded rules never change; different rules are the
/// next version.
package struct LedgerPlanner: SafetyFactProviding {
  package init() {}

  package func facts(
    _ desired: Resource<LedgerSpec>?, _ observed: LedgerObserved?, _ context: PlanContext
  ) -> [SafetyFact] {
    guard let desired else { return [] }
    let missing = MissingLedger(
      of: context.reconcile.recordedIdentity(of: context.id), in: desired.spec.database.id,
      found: observed?.identity)
    return missing.map { [.missingLedger($0)] } ?? []
  }

  package func plan(
    _ desired: Resource<LedgerSpec>?, _ observed: LedgerObserved?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<LedgerOperation> {
    guard let desired else { return close(observed, context) }
    try refuseMove(of: desired, context)
    if let other = observed?.other, observed?.isOpen != true, other != context.movedFrom?.id.name {
      return .waiting(
        on: "\(desired.spec.database) already has Ledger/\(other), and a database has one ledger",
        resources: [desired.spec.database.id, ResourceID(kind: "Ledger", name: other)])
    }
    let steps =
      open(desired, observed, context) + maintain(observed) + rules(desired, observed, context)
      + exports(desired, observed, context)
    return PlanOutcome(steps: steps)
  }

  private func close(_ observed: LedgerObserved?, _ context: PlanContext) -> PlanOutcome<LedgerOperation> {
    guard observed?.isOpen == true, context.reconcile.moves.move(from: context.id) == nil else {
      return .upToDate
    }
    let database = (context.lastApplied?.spec as? LedgerSpec)?.database.id
    let books =
      context.reconcile.offers.droppedDatabase(of: database).map {
        "its accounts, entries and rules are dropped with database \($0)"
      } ?? "accounts, entries and rules stay"
    return .steps([
      Step(
        .delete, "release the ledger \(context.id.name); \(books)",
        because: "left the manifests", risk: .disruptive, operation: LedgerOperation.close)
    ])
  }

  /// A manifest cannot move credits to another database.
  private func refuseMove(of desired: Resource<LedgerSpec>, _ context: PlanContext) throws(PlanError) {
    guard let applied = (context.movedFrom ?? context.lastApplied)?.spec as? LedgerSpec,
      !context.reconcile.isSameDatabase(desired.spec.database.id, as: applied.database.id)
    else { return }
    throw PlanError(
      "\(desired.id) is in \(applied.database) and cannot be moved to \(desired.spec.database)",
      hint: "write `database: \(applied.database)`, or declare a Ledger of another name for the new database")
  }

  private func open(
    _ desired: Resource<LedgerSpec>, _ observed: LedgerObserved?, _ context: PlanContext
  ) -> [Step<LedgerOperation>] {
    guard observed?.isOpen != true else { return [] }
    if let former = observed?.other, former == context.movedFrom?.id.name {
      return [
        Step(
          .update, "rename the ledger \(former) to \(desired.id.name)",
          because: "the resource has another name now", operation: .rename(from: former))
      ]
    }
    return [
      Step(
        .create, "open the ledger \(desired.id.name) in \(desired.spec.database)", because: "not there yet",
        operation: .open)
    ]
  }

  private func maintain(_ observed: LedgerObserved?) -> [Step<LedgerOperation>] {
    guard let observed else { return [] }
    var steps: [Step<LedgerOperation>] = []
    if !observed.unguarded.isEmpty {
      steps.append(
        Step(
          .update, "install the triggers, functions and constraints of the ledger",
          because:
            "\(observed.unguarded.joined(separator: ", ")) \(observed.unguarded.count == 1 ? "is" : "are") "
            + "missing, disabled or changed", operation: .installTriggers))
    }
    if observed.isOpen, !observed.missingAccounts.isEmpty {
      steps.append(
        Step(
          .update, "open \(observed.missingAccounts.map { "account/\($0)" }.joined(separator: ", "))",
          because: "the rules need it", operation: .openAccounts))
    }
    if observed.overdueHolds > 0 {
      let count = observed.overdueHolds
      steps.append(
        Step(
          .maintain, "release the credits of \(count) overdue \(count == 1 ? "hold" : "holds")",
          because: "expired", operation: .expire))
    }
    return steps
  }

  /// A past day is due at the next time of the schedule. Missed days are exported too, oldest first.
  private func exports(
    _ desired: Resource<LedgerSpec>, _ observed: LedgerObserved?, _ context: PlanContext
  ) -> [Step<LedgerOperation>] {
    guard let export = desired.spec.export, let location = observed?.export else { return [] }
    let now = context.reconcile.now
    let due = location.state.due(at: now).filter { day in
      export.schedule.next(after: day.end).map { $0 <= now } ?? false
    }
    return due.prefix(LedgerPlanner.maxDays).map { day in
      Step(
        .maintain, "export \(day) to \(location.name)", because: "the day is over and not exported yet",
        operation: .export(day: day.description))
    }
  }

  /// The maximum number of days that one plan exports.
  private static let maxDays = 31

  private func rules(
    _ desired: Resource<LedgerSpec>, _ observed: LedgerObserved?, _ context: PlanContext
  ) -> [Step<LedgerOperation>] {
    let effective = desired.spec.effective
    let recorded = observed?.rules
    let wanted = desired.spec.rules(version: recorded?.version ?? 0)
    let isTimely = effective.map { $0 == observed?.effective } ?? (observed?.areRulesInForce == true)
    if let recorded, recorded == wanted, isTimely { return [] }
    let operation = LedgerOperation.record(desired.spec.rules(version: 0), effective: effective)
    guard let recorded else {
      return [
        Step(
          .create, "record rules: \(wanted.text)", because: "none are recorded yet", operation: operation)
      ]
    }
    let isDrift = context.lastApplied?.digest == desired.digest
    return [
      Step(
        .update, "record rules, version \(recorded.version + 1)\(effective.map { " from \($0)" } ?? "")",
        because: isDrift
          ? "the newest rules differ from the manifest, which did not change" : "the manifest changed",
        fields: FieldChange.between(recorded.value, wanted.value), operation: operation)
    ]
  }
}

extension LedgerRules {
  /// A summary: `0.4 a GPU-minute, 0.1 a CPU-minute, developers 100% until 10000, then 85%`.
  fileprivate var text: String {
    let shares = tiers.map { tier in
      "\(Decimals.text(tier.partsPerMillion, digits: 4))%" + (tier.until.map { " until \($0) credits" } ?? "")
    }
    return
      "\(gpuMinute) a GPU-minute, \(cpuMinute) a CPU-minute, "
      + "developers \(shares.joined(separator: ", then "))"
  }

  /// The fields by name, for comparison of versions.
  fileprivate var value: Value {
    .object([
      Value.Member("cpuMinute", .string(cpuMinute.description)),
      Value.Member(
        "developerShare",
        .array(
          tiers.map { tier in
            .object(
              [Value.Member("share", .string("\(Decimals.text(tier.partsPerMillion, digits: 4))%"))]
                + (tier.until.map { [Value.Member("until", .string("\($0) credits"))] } ?? []))
          })), Value.Member("gpuMinute", .string(gpuMinute.description)),
      Value.Member("platform", .string(platform)),
    ])
  }
}
