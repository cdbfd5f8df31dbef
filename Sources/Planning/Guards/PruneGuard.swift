package import Model

/// Blocks deletions that are likely a mistake: a missing folder, a filter without matches.
package enum PruneGuard {
  /// The share of existing resources that may be deleted without `--allow-prune`.
  package static let allowedPercent = 30

  /// The share is that of the whole environment: resources that left the manifests, out of the whole
  /// inventory. Resources with a new name stay. The share does not depend on the scope of the request, so
  /// that a loop which plans one resource at a time is blocked too.
  /// - Returns: Nil when deletions may run.
  static func finding(_ request: PlanRequest) -> GuardReason? {
    let stays = Set(request.desired.resources.lazy.map(\.id))
    let moves = request.reconcile.moves
    let leaving = request.inventory.keys.count { !stays.contains($0) && moves.move(from: $0) == nil }
    return finding(leaving: leaving, existing: request.inventory.count, desired: stays.count)
  }

  /// The same rule for numbers of resources.
  package static func finding(leaving: Int, existing: Int, desired: Int) -> GuardReason? {
    guard leaving > 0 else { return nil }
    if desired == 0 { return .prunesEverything(existing: existing) }
    guard leaving * 100 > existing * allowedPercent else { return nil }
    return .prunesMany(leaving: leaving, existing: existing, allowedPercent: allowedPercent)
  }
}
