package import Model

extension GuardFinding {
  /// For people: the rule, the finding, and how to allow it.
  package var sentence: String { "\(title): \(text); \(howToAllow)" }

  private var title: String {
    switch rule {
    case .prune: "the prune guard"
    case .destructive: "the approval guard"
    case .statefulReplace: "the backup guard"
    case .lastNode: "the last-node guard"
    case .schemaDowngrade: "the schema guard"
    case .booksMissing: "the ledger guard"
    case .ownership: "the ownership guard"
    }
  }

  /// The finding with its numbers: `7 of 12 resources (58 %) would be deleted, more than 30 %`.
  package var text: String {
    switch reason {
    case .prunesEverything(let existing):
      "the manifests are empty, so "
        + (existing == 1 ? "the only resource" : "all \(existing) resources") + " would be deleted"
    case .prunesMany(let leaving, let existing, let allowed):
      "\(leaving) of \(existing) resources (\(GuardText.percent(leaving, of: existing, limit: allowed)) %) "
        + "would be deleted, more than \(allowed) %"
    case .unapproved(let found): GuardText.unapproved(found)
    case .unbackedReplacement(let volumes, let gap):
      "\(GuardText.volumes(volumes)) would be handed to another container, and \(GuardText.gap(gap))"
    case .lastNode(let modules, let loss):
      "\(resource) \(GuardText.loss(loss)), and is the last node that can run \(GuardText.list(modules))"
    case .schemaDowngrade(let applied, let declared):
      "\(resource) has schema \(applied), newer than the \(declared) that is declared, and migrations are "
        + "never undone"
    case .booksMissing(let missing): GuardText.missing(missing)
    case .owned(let conflict, _): conflict.text
    case .remote(let reason): reason.text
    }
  }

  /// What to do when the change is intended: `allow it with --allow-prune`.
  package var howToAllow: String {
    switch reason {
    case .prunesEverything, .prunesMany: "allow it with \(flag)"
    case .unapproved(let found):
      found.plan == nil
        ? "look at ‘rendertrust plan’ and approve what it shows" : "approve exactly this with \(flag)"
    case .unbackedReplacement(let volumes, .uncovered):
      "no BackupPolicy covers volumes of a \(resource.kind) in this release: copy "
        + "\(volumes.count == 1 ? "it" : "them") first, then allow it with \(flag)"
    case .unbackedReplacement: "wait for the backup, or allow it with \(flag)"
    case .lastNode: "add another node first, or allow it with \(flag)"
    case .schemaDowngrade(let applied, _):
      "declare \(applied), install the release that brings it, or restore a backup; to go on with the schema "
        + "as it is, allow it with \(flag)"
    case .booksMissing(let missing):
      "restore the backup of \(missing.database), and the ledger is ready again by itself; to accept the "
        + "loss of these entries, allow it with \(flag)"
    case .owned(let conflict, let field): "\(field): \(conflict.hint)"
    case .remote(let reason): reason.howToAllow
    }
  }

  /// The option of `plan`, `apply` and `rollback` that allows it; empty where none does.
  package var flag: String {
    switch reason {
    case .prunesEverything, .prunesMany: "--allow-prune"
    case .unapproved(let found): "--approve \(found.plan?.short ?? "DIGEST")"
    case .unbackedReplacement, .lastNode, .schemaDowngrade, .booksMissing:
      "--allow \(Allowance(rule, resource))"
    case .owned: ""
    case .remote(let reason): reason.flag
    }
  }
}

private enum GuardText {
  /// Whole percent; tenths, rounded up, when whole percent would equal the limit.
  static func percent(_ part: Int, of whole: Int, limit: Int) -> String {
    let percent = part * 100 / whole
    guard percent == limit else { return String(percent) }
    return Decimals.text(Int64((part * 1000 + whole - 1) / whole), digits: 1)
  }

  static func unapproved(_ found: UnapprovedDestruction) -> String {
    var parts: [String] = []
    if found.steps > 0 {
      let verb = found.steps == 1 ? "step destroys" : "steps destroy"
      parts.append("\(found.steps) \(verb) what only a backup can bring back")
    }
    if found.loosens { parts.append("\(found.environment) would ask for less approval than before") }
    let needed = found.needed == 1 ? "a person’s approval" : "the approval of \(found.needed) people"
    let word = found.approvers.count < found.needed ? "so far" : "given by"
    let so = found.approvers.isEmpty ? "" : " (\(word): \(found.approvers.joined(separator: ", ")))"
    return "\(parts.joined(separator: " and ")), and \(found.environment) requires \(needed)\(so)"
  }

  static func volumes(_ names: [String]) -> String {
    names.count == 1 ? "the volume \(names[0])" : "the volumes \(names.joined(separator: ", "))"
  }

  static func gap(_ gap: BackupGap) -> String {
    switch gap {
    case .uncovered: "nothing backs it up"
    case .nothingRestorable(let policy): "\(policy) has nothing yet that could be restored"
    case .tooOld(let policy, let age, let limit):
      "the newest state that \(policy) could restore is \(TimeSpan(seconds: age.milliseconds / 1000)) old, "
        + "more than \(limit)"
    }
  }

  static func missing(_ missing: MissingLedger) -> String {
    let head = missing.recorded.head.map { " up to entry \($0)" } ?? ""
    let found =
      switch missing.found {
      case .nothing: "has no ledger"
      case .another(let id?): "has the ledger \(id)"
      case .another(nil): "has a ledger without an id"
      case .earlierState(let head?): "has an earlier or another state of it, up to entry \(head)"
      case .earlierState(nil): "has an earlier state of it, without entries"
      }
    return "spec.database: \(missing.database) had the ledger \(missing.recorded.id)\(head), and now \(found)"
  }

  static func loss(_ loss: CapacityLoss) -> String {
    switch loss {
    case .leaves: "would go"
    case .cordoned: "would take no new work"
    case .changes: "would change"
    }
  }

  static func list(_ ids: [ResourceID]) -> String {
    let shown = ids.prefix(5).map(\.description).joined(separator: ", ")
    return ids.count > 5 ? "\(shown) and \(ids.count - 5) more" : shown
  }
}
