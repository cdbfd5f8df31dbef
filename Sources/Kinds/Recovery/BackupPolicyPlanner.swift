internal import Manifests
package import Model
package import Planning

/// Plans the archive and the backups of a server. What is due derives from `now`, so one backup in a later
/// pass makes up for any number of missed ones.
package struct BackupPolicyPlanner: SafetyFactProviding {
  package init() {}

  package func plan(
    _ desired: Resource<BackupPolicySpec>?, _ observed: BackupPolicyObserved?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<BackupPolicyOperation> {
    guard let desired else { return stop(observed, context) }
    let spec = desired.spec
    guard let offer = context.reconcile.offers.databases[spec.of.id] else {
      return .waiting(on: "\(spec.of) is not declared", resources: [spec.of.id])
    }
    guard case .embedded = offer.address else {
      throw PlanError(
        "\(context.id) cannot back up \(spec.of): continuous backup needs the embedded server in this "
          + "release",
        hint: "have the external server's operator archive its WAL, or declare the database `embedded: {}`")
    }
    if let problem = observed?.place.problem {
      throw PlanError(
        "\(context.id) cannot back up \(spec.of): \(problem)",
        hint: "declare a folder on another disk, or at least outside of the data folder")
    }
    var steps = try owner(spec, observed, context)
    steps += try stanza(observed, context.id)
    steps += try archiving(spec, observed, context)
    steps += backup(spec, observed, context)
    if let observed {
      steps += Retention.expired(observed.backups, keep: spec.keep).map { expire($0, spec.keep) }
    }
    return PlanOutcome(steps: steps)
  }

  /// The owner of a new repository is recorded with its stanza.
  private func owner(
    _ spec: BackupPolicySpec, _ observed: BackupPolicyObserved?, _ context: PlanContext
  ) throws(PlanError) -> [Step<BackupPolicyOperation>] {
    let mark = context.reconcile.mark(of: context.id)
    guard let observed, observed.owner != mark else { return [] }
    if let owner = observed.owner, owner != context.movedFrom.map({ context.reconcile.mark(of: $0.id) }),
      case .folder(let folder) = spec.repository
    {
      let conflict = OwnershipConflict(.folder(path: folder), owner: owner, claimant: mark)
      throw PlanError(
        conflict.text,
        hint: "declare another folder; if that owner is gone for good, remove rendertrust-owner.json from it")
    }
    guard observed.stanza == .ready else { return [] }
    return [
      Step(
        .update, "record the owner of the backup repository", because: "it does not name the policy",
        operation: .recordOwner)
    ]
  }

  private func stanza(_ observed: BackupPolicyObserved?, _ id: ResourceID)
    throws(PlanError) -> [Step<BackupPolicyOperation>]
  {
    switch observed?.stanza ?? .missing {
    case .ready where observed?.isConfigured == true: return []
    case .ready:
      return [
        Step(
          .update, "write the backup configuration of \(id.name)", because: "it is missing or differs",
          operation: .createStanza)
      ]
    case .missing:
      return [
        Step(
          .create, "create the backup repository of \(id.name)", because: "not there yet",
          operation: .createStanza)
      ]
    case .broken(let message):
      throw PlanError(
        "the backup repository of \(id) does not match the server: \(message)",
        hint: "move the repository's folder, or declare another one; its backups are never deleted")
    }
  }

  private func archiving(
    _ spec: BackupPolicySpec, _ observed: BackupPolicyObserved?, _ context: PlanContext
  ) throws(PlanError) -> [Step<BackupPolicyOperation>] {
    let wanted = spec.archiveTimeoutSeconds
    let change = FieldChange("continuous", from: .bool(false), to: .bool(true))
    func step(_ risk: Risk, _ reason: String, _ fields: [FieldChange]) -> [Step<BackupPolicyOperation>] {
      [
        Step(
          .update,
          "archive WAL at least every \(TimeSpan(seconds: Int64(wanted))) while there are changes"
            + (risk == .disruptive ? ", restarting the server" : ""),
          because: reason, risk: risk, fields: fields, operation: .archive(timeoutSeconds: wanted))
      ]
    }
    switch observed?.archiving ?? .off {
    case .off: return step(.disruptive, "the server does not archive", [change])
    case .elsewhere: return step(.safe, "the server has another archive command", [change])
    case .stanza(let other):
      let holding = context.reconcile.holdings.overlapping(.archive(of: .embedded)).first
      if let holding, holding.environment == context.reconcile.environment {
        let isOwn = holding.resource == context.id || holding.resource == context.movedFrom?.id
        // Another policy stops first. The ownership guard blocks the step where it does not.
        return step(
          isOwn ? .safe : .disruptive, "the server archives into stanza \(other)", [change])
      }
      let holder = holding?.resource ?? ResourceID(kind: "BackupPolicy", name: other)
      throw PlanError(
        "\(spec.of) is already archived by \(holder), and a server has one archive",
        hint: "remove one of the two policies")
    case .here(let seconds) where seconds != wanted:
      let from = Value.string(TimeSpan(seconds: Int64(seconds)).description)
      let to = Value.string(TimeSpan(seconds: Int64(wanted)).description)
      return step(
        .safe, "RPO is \(spec.rpo); a segment is closed after at most a third of it",
        [FieldChange("archiveTimeout", from: from, to: to)])
    case .here: return []
    }
  }

  private func backup(
    _ spec: BackupPolicySpec, _ observed: BackupPolicyObserved?, _ context: PlanContext
  ) -> [Step<BackupPolicyOperation>] {
    func step(_ reason: String) -> [Step<BackupPolicyOperation>] {
      [Step(.maintain, "make a full backup of \(spec.of)", because: reason, operation: .backUp)]
    }
    guard let last = observed?.backups.last(where: \.isFull) else { return step("no full backup exists yet") }
    guard let due = spec.schedule.next(after: last.began), due <= context.reconcile.now else { return [] }
    return step("due since \(due); the last one began at \(last.began)")
  }

  private func expire(_ label: String, _ keep: KeepSpec) -> Step<BackupPolicyOperation> {
    Step(.maintain, "expire backup \(label)", because: keep.text, operation: .expire(label: label))
  }

  /// Nothing is stopped where another policy goes on with the archive.
  private func stop(_ observed: BackupPolicyObserved?, _ context: PlanContext)
    -> PlanOutcome<BackupPolicyOperation>
  {
    let id = context.id
    let reconcile = context.reconcile
    let records = reconcile.holdings.overlapping(.archive(of: .embedded))
    // After a rename that was interrupted, the records name the policy and the repository its former name.
    func isOwn(_ owner: Owner) -> Bool {
      owner == reconcile.mark(of: id) || !records.isEmpty && owner == reconcile.mark(of: owner.resource)
    }
    guard let observed, case .here = observed.archiving, reconcile.moves.move(from: id) == nil,
      observed.owner.map(isOwn) ?? true,
      records.allSatisfy({ $0.resource == id && $0.environment == reconcile.environment })
    else { return .upToDate }
    let step = Step(
      .delete, "stop archiving WAL, restarting the server; the repository and its backups stay",
      because: "\(id) left the manifests", risk: .disruptive,
      operation: BackupPolicyOperation.stopArchiving)
    return .steps([step])
  }

  package func facts(
    _ desired: Resource<BackupPolicySpec>?, _ observed: BackupPolicyObserved?, _ context: PlanContext
  ) -> [SafetyFact] {
    guard let spec = desired?.spec else { return [] }
    return [.backup(BackupFact(of: spec.of.id, restorable: observed?.restorable, limit: spec.rpo))]
  }
}
