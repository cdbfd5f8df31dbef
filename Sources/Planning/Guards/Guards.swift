import Model

/// Applies the safety rules to the decisions of planners. Each rule is a pure function in a file of its own.
/// This type calls each with the facts of the kinds, for the resources that the rule concerns.
///
/// A rule blocks all steps of a resource, because they build on each other. The plan's order blocks the
/// resources that depend on it as well. Other resources are not affected.
struct Guards {
  let request: PlanRequest
  let planners: [String: AnyPlanner]

  /// Turns the outcome of blocked decisions into `blocked`, and records on others which findings a person
  /// allowed.
  func apply(to decisions: inout [PlanDecision]) {
    prune(&decisions)
    approve(&decisions)
    keepData(&decisions)
    keepCapacity(&decisions)
    keepSchema(&decisions)
    keepLedgers(&decisions)
    keepOwners(&decisions)
    for index in decisions.indices where !decisions[index].blockedBy.isEmpty {
      decisions[index].outcome = .blocked
      decisions[index].waitingOn = decisions[index].blockedBy.map(\.sentence).joined(separator: "; ")
    }
  }

  private func note(_ reason: GuardReason, on decision: inout PlanDecision) {
    note(GuardFinding(decision.subject.id, reason), on: &decision)
  }

  private func note(_ finding: GuardFinding, on decision: inout PlanDecision) {
    if finding.rule.isAllowedByName, request.allowances.allows(finding.rule, for: finding.resource) {
      decision.allowed.append(finding)
    } else {
      decision.blockedBy.append(finding)
    }
  }

  // MARK: Facts of the kinds

  private func facts(of id: ResourceID, _ desired: AnyResource?) -> [SafetyFact] {
    guard let facts = planners[id.kind]?.facts else { return [] }
    let context = PlanContext(
      id: id, lastApplied: request.inventory[id]?.resource, reconcile: request.reconcile)
    return facts(desired, (try? request.observations[id]?.get())?.state, context)
  }

  private func facts(of subject: PlanSubject) -> [SafetyFact] {
    guard planners[subject.id.kind]?.facts != nil else { return [] }
    return facts(of: subject.id, request.desired(subject))
  }

  /// The facts of all declared resources.
  private func declaredFacts() -> [(id: ResourceID, fact: SafetyFact)] {
    request.desired.resources.flatMap { resource in
      facts(of: resource.id, resource).map { (resource.id, $0) }
    }
  }

  // MARK: Rules

  private func prune(_ decisions: inout [PlanDecision]) {
    guard decisions.contains(where: \.deletesObject), let reason = PruneGuard.finding(request) else {
      return
    }
    for index in decisions.indices where decisions[index].deletesObject {
      note(reason, on: &decisions[index])
    }
  }

  /// Concerns destructive steps, and steps that lower the required approvals.
  private func approve(_ decisions: inout [PlanDecision]) {
    let environment = request.desired.environmentID
    let loosened = decisions.firstIndex { $0.subject.id == environment && $0.isActing }
    guard loosened != nil || decisions.contains(where: \.isDestructive) else { return }
    var before: ApprovalRequirement?
    var after: ApprovalRequirement?
    for case .approvals(let old, let new) in facts(of: environment, request.desired[environment]) {
      (before, after) = (old, new)
    }
    guard let required = ApprovalGuard.required(before: before, after: after) else { return }
    let isLoosened = loosened != nil && ApprovalGuard.isLoosened(before: before, after: after)
    let concerned = decisions.indices.filter {
      decisions[$0].isDestructive || (isLoosened && $0 == loosened)
    }
    guard !concerned.isEmpty else { return }
    let steps = Dictionary(
      uniqueKeysWithValues: concerned.map { (decisions[$0].subject.id, StepDigest.of(decisions[$0].steps)) })
    let plan =
      request.scope == nil ? StepDigest.ofPlan(steps, under: request.desired) : nil
    for index in concerned {
      let id = decisions[index].subject.id
      let approval = request.allowances.approval
      let isSame = approval != nil && approval?.steps[id] == steps[id]
      let (reason, isApproved) = ApprovalGuard.evaluate(
        approvers: isSame ? approval?.approvers ?? [] : [], required: required,
        UnapprovedDestruction(
          environment: request.desired.environment,
          steps: concerned.reduce(0) { $0 + decisions[$1].steps.count { $0.risk == .destructive } },
          loosens: isLoosened, approvers: [], needed: required.count, plan: plan))
      let finding = GuardFinding(id, .unapproved(reason))
      if isApproved {
        decisions[index].allowed.append(finding)
      } else {
        decisions[index].blockedBy.append(finding)
      }
    }
  }

  private func keepData(_ decisions: inout [PlanDecision]) {
    var backups: [(id: ResourceID, fact: BackupFact)]?
    for index in decisions.indices where decisions[index].isActing && decisions[index].replaces {
      for case .risksData(let volumes) in facts(of: decisions[index].subject) {
        let known =
          backups
          ?? declaredFacts().compactMap { id, fact in
            if case .backup(let backup) = fact { (id, backup) } else { nil }
          }
        backups = known
        let own = known.filter { $0.fact.of == decisions[index].subject.id }
        if let gap = BackupGuard.gap(in: own, now: request.reconcile.now) {
          note(.unbackedReplacement(volumes: volumes, backup: gap), on: &decisions[index])
        }
      }
    }
  }

  private func keepCapacity(_ decisions: inout [PlanDecision]) {
    var losses: [(index: Int, before: ComputeOffer, loss: CapacityLoss)] = []
    for (index, decision) in decisions.enumerated() where decision.isActing {
      guard let applied = request.applied(decision.subject),
        decision.subject.isLeaving || applied.digest != request.desired(decision.subject)?.digest
      else { continue }
      for case .compute(let before?, let after) in facts(of: decision.subject) {
        if let loss = LastNodeGuard.loss(before: before, after: after) {
          losses.append((index, before, loss))
        }
      }
    }
    guard !losses.isEmpty else { return }
    let unusable = Set(decisions.lazy.filter(\.isUnusable).map(\.subject.id))
    var needs: [(id: ResourceID, needs: ComputeNeeds)] = []
    var offers: [(id: ResourceID, offer: ComputeOffer)] = []
    for (id, fact) in declaredFacts() {
      switch fact {
      case .needsCompute(let need): needs.append((id, need))
      case .compute(_, let after?) where !unusable.contains(id): offers.append((id, after))
      default: break
      }
    }
    let stranded = LastNodeGuard.stranded(needs, on: offers)
    for (index, before, loss) in losses {
      let id = decisions[index].subject.id
      let modules = stranded.filter { $0.needs.isMet(by: before, of: id) }.map(\.id).sorted()
      if !modules.isEmpty { note(.lastNode(modules: modules, loss: loss), on: &decisions[index]) }
    }
  }

  /// Concerns resources whose steps run, and those that exist as declared and are not recorded as such. Where
  /// other environments hold anything, also those without steps: the reason may be that the thing belongs to
  /// another environment.
  private func keepOwners(_ decisions: inout [PlanDecision]) {
    let isShared = !request.reconcile.holdings.environments.isSubset(of: [request.reconcile.environment])
    var claimed = OverlapIndex<ResourceID>()
    for index in decisions.indices {
      let decision = decisions[index]
      guard decision.isActing || (isShared && decision.outcome.mayBeOwned) || isAdopted(decision),
        !decision.subject.isLeaving || decision.deletesObject
      else { continue }
      let finding = OwnershipGuard.finding(decision.subject, request, claimed: &claimed)
      decisions[index].takesFrom = finding.formerHolders
      if let conflict = finding.conflict { note(conflict, on: &decisions[index]) }
    }
  }

  private func isAdopted(_ decision: PlanDecision) -> Bool {
    guard decision.outcome == .unchanged, let index = decision.subject.index else { return false }
    return request.inventory[decision.subject.id]?.digest != request.desired.resources[index].digest
  }

  private func keepLedgers(_ decisions: inout [PlanDecision]) {
    guard !request.reconcile.identities.isEmpty else { return }
    for index in decisions.indices where MissingLedgerGuard.concerns(decisions[index]) {
      let subject = decisions[index].subject
      for finding in MissingLedgerGuard.findings(facts(of: subject), of: subject.id, request) {
        note(finding, on: &decisions[index])
      }
    }
  }

  private func keepSchema(_ decisions: inout [PlanDecision]) {
    for index in decisions.indices where decisions[index].isActing || decisions[index].outcome == .unchanged {
      guard !decisions[index].subject.isLeaving else { continue }
      for case .schema(let applied, let declared) in facts(of: decisions[index].subject) {
        if let reason = SchemaGuard.finding(applied: applied, declared: declared) {
          note(reason, on: &decisions[index])
        }
      }
    }
  }
}

extension ResourcePlan.Outcome {
  /// Whether the resource is to be as declared, now or later.
  fileprivate var mayBeOwned: Bool { self != .paused && self != .drifted }
}

extension PlanDecision {
  /// Whether its state is unknown or nothing will be done for it, so that no work can move there.
  fileprivate var isUnusable: Bool {
    switch outcome {
    case .unknown, .invalid, .waiting, .blocked: true
    case .create, .update, .replace, .delete, .run, .unchanged, .drifted, .paused: false
    }
  }
}
