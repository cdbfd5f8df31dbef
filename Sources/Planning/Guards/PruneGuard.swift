package import Model

/// Holds deletions back that look like a mistake: a folder that was not there, a filter that matched nothing.
package enum PruneGuard {
  /// More than this share of what exists is not deleted unasked.
  package static let allowedPercent = 30

  /// The share is that of the whole environment: what leaves the manifests, out of all that the inventory holds. The
  /// scope of the request does not matter, so a loop that looks at one resource at a time is held as well.
  /// - Returns: nil when deletions may run.
  static func finding(_ request: PlanRequest) -> GuardReason? {
    let stays = Set(request.desired.resources.lazy.map(\.id))
    let leaving = request.inventory.keys.count { !stays.contains($0) }
    return finding(leaving: leaving, existing: request.inventory.count, desired: stays.count)
  }

  /// The rule in numbers of resources.
  package static func finding(leaving: Int, existing: Int, desired: Int) -> GuardReason? {
    guard leaving > 0 else { return nil }
    if desired == 0 { return .prunesEverything(existing: existing) }
    guard leaving * 100 > existing * allowedPercent else { return nil }
    return .prunesMany(leaving: leaving, existing: existing, allowedPercent: allowedPercent)
  }
}
