package import Model

/// The environments of a state.
package protocol EnvironmentStore: Sendable {
  /// Environments that have a revision or an inventory and were not forgotten since; sorted.
  func environments() async throws(StoreError) -> [String]

  /// Gives everything of an environment to another name: inventory, statuses, what its resources hold and
  /// quarantines. Its newest manifests become a revision of that name. The marks of things stay as they are.
  /// Revisions, the journal and the audit trail stay under the former name, whose newest revision has no
  /// resources.
  /// - Throws: `environment.busy` while a controller works on one of the two or one of its steps may still
  ///   take effect, `environment.exists` when something is applied under the new name, `environment.unknown`
  ///   when nothing is under the former one.
  func renameEnvironment(_ former: String, to name: String, by actor: String, at time: Timestamp)
    async throws(StoreError)

  /// Removes the inventory, the statuses and the holdings of an environment, and changes nothing outside of
  /// the state. The environment is listed again when it gets a revision.
  /// - Parameter abandons: Whether resources may remain in the outside systems without an owner.
  /// - Throws: `environment.busy` while a controller works on it, `environment.owns` when it has resources
  ///   and `abandons` is false, `environment.unknown` when there is none.
  func forgetEnvironment(_ name: String, abandons: Bool, by actor: String, at time: Timestamp)
    async throws(StoreError)
}

/// The records of two environments, or of one, on which a change of the environments depends. Read while
/// nothing else changes them.
package struct EnvironmentRecords: Sendable {
  /// Whether the environment is listed.
  package var isKnown: Bool
  /// Controllers that are a member at this moment.
  package var members: [String]
  /// The resources of the inventory; sorted.
  package var resources: [ResourceID]
  /// Resources with a step that may still take effect, sorted.
  package var uncertain: [ResourceID]

  package init(
    isKnown: Bool, members: [String], resources: [ResourceID], uncertain: [ResourceID] = []
  ) {
    self.isKnown = isKnown
    self.members = members
    self.resources = resources
    self.uncertain = uncertain
  }

  /// Why an environment cannot take the name of another one; nil when it can.
  package static func refusal(
    toRename former: String, _ old: EnvironmentRecords, to name: String, _ new: EnvironmentRecords
  ) -> StoreError? {
    guard old.isKnown else { return .unknownEnvironment(former) }
    if let busy = old.busy(former) ?? new.busy(name) { return busy }
    // The journal, which prevents that such a resource is forgotten, stays under the former name.
    guard old.uncertain.isEmpty else {
      return StoreError(
        code: "environment.busy",
        "steps of environment \(former) that were interrupted may still take effect: \(list(old.uncertain))",
        hint: "try again in \(Engine.settlingSpan)", retry: .later)
    }
    guard new.resources.isEmpty else {
      return StoreError(
        code: "environment.exists",
        "environment \(name) has \(new.resources.count) resources: \(list(new.resources))",
        hint: "remove them first with ‘rendertrust destroy --environment \(name)’", retry: .afterChange)
    }
    return nil
  }

  /// Why an environment cannot be forgotten; nil when it can.
  package func refusal(toForget name: String, abandons: Bool) -> StoreError? {
    guard isKnown else { return .unknownEnvironment(name) }
    if let busy = busy(name) { return busy }
    guard !abandons, !resources.isEmpty else { return nil }
    return StoreError(
      code: "environment.owns",
      "environment \(name) still has \(resources.count) resources: \(EnvironmentRecords.list(resources))",
      hint:
        "‘rendertrust destroy --environment \(name)’ removes them, --abandon leaves them without an owner",
      retry: .afterChange)
  }

  private func busy(_ name: String) -> StoreError? {
    guard let member = members.first else { return nil }
    return StoreError(
      code: "environment.busy", "\(member) works on environment \(name)",
      hint: "stop it, or wait until its lease expires", retry: .later)
  }

  private static func list(_ ids: [ResourceID]) -> String {
    let shown = ids.prefix(5).map(\.description).joined(separator: ", ")
    return ids.count > 5 ? "\(shown) and \(ids.count - 5) more" : shown
  }
}

extension StoreError {
  fileprivate static func unknownEnvironment(_ name: String) -> StoreError {
    StoreError(
      code: "environment.unknown", "nothing was applied in an environment ‘\(name)’", retry: .afterChange)
  }
}

extension AuditRecord {
  /// An environment got another name. Recorded in the trails of both.
  package init(
    renaming former: String, to name: String, revision: Int64, by actor: String, at time: Timestamp
  ) {
    self.init(
      at: time, actor: actor, commit: nil, revision: revision, resource: nil, action: .renameEnvironment,
      outcome: "done", summary: "rename environment \(former) to \(name)",
      diff: [FieldChange("environment", from: .string(former), to: .string(name))])
  }

  /// An environment was forgotten, with these resources.
  package init(
    forgetting name: String, _ resources: [ResourceID], revision: Int64, by actor: String, at time: Timestamp
  ) {
    self.init(
      at: time, actor: actor, commit: nil, revision: revision, resource: nil, action: .forget,
      outcome: "done", summary: "forget environment \(name)",
      diff: resources.map { FieldChange($0.description, from: .string("applied"), to: nil) })
  }
}
