import Model

/// Keeps the place of a ledger whose entries are missing: blocks the ledger, so that no empty one takes its
/// place, and its empty database, so that a backup can be restored there. Only the restored ledger or a
/// person who accepts the loss ends that.
enum MissingLedgerGuard {
  /// Whether the rule looks at a decision: the resource stays, was observed, and is to be as declared.
  static func concerns(_ decision: PlanDecision) -> Bool {
    guard !decision.subject.isLeaving else { return false }
    return decision.isActing || decision.outcome == .unchanged || decision.outcome == .waiting
  }

  /// The findings about a resource. Each names the ledger, which is the resource that an allowance names.
  static func findings(_ facts: [SafetyFact], of id: ResourceID, _ request: PlanRequest) -> [GuardFinding] {
    facts.flatMap { fact -> [GuardFinding] in
      switch fact {
      case .missingLedger(let missing): [GuardFinding(id, .booksMissing(missing))]
      case .emptyDatabase: missingLedgers(of: id, request)
      default: []
      }
    }
  }

  /// The desired resources that had entries in a database, sorted by id.
  private static func missingLedgers(of database: ResourceID, _ request: PlanRequest) -> [GuardFinding] {
    let context = request.reconcile
    let ledgers = Set(context.identities.keys.map { context.moves.move(from: $0)?.to ?? $0 })
    return ledgers.sorted().compactMap { id in
      guard let recorded = context.recordedIdentity(of: id), recorded.head != nil,
        request.desired[id]?.references.contains(where: { $0.target == database }) == true
      else { return nil }
      return GuardFinding(
        id, .booksMissing(MissingLedger(database: database, recorded: recorded, found: .nothing)))
    }
  }
}
