package import Model

/// Holds deletions back that look like a mistake: a folder that was not there, a filter that matched nothing.
package enum PruneGuard {
  /// More than this share of what exists is not deleted unasked.
  package static let allowedPercent = 30

  /// - The share is that of the whole environment: what leaves the manifests, out of all that the inventory holds.
  ///   The scope of the request does not matter, so a loop that looks at one resource at a time is held as well.
  /// - Returns: nil when deletions may run, or when a person allowed them.
  package static func finding(_ request: PlanRequest) -> GuardFinding? {
    guard !request.allowances.prune else { return nil }
    let stays = Set(request.desired.resources.lazy.map(\.id))
    let leaving = request.inventory.keys.count { !stays.contains($0) }
    return finding(leaving: leaving, existing: request.inventory.count, desired: stays.count)
  }

  /// The rule in numbers of resources.
  package static func finding(leaving: Int, existing: Int, desired: Int) -> GuardFinding? {
    guard leaving > 0 else { return nil }
    let howToAllow = "allow it with --allow-prune"
    if desired == 0 {
      let all = existing == 1 ? "the only resource" : "all \(existing) resources"
      return GuardFinding(
        .prune, "the manifests are empty, so \(all) would be deleted", howToAllow: howToAllow)
    }
    guard leaving * 100 > existing * allowedPercent else { return nil }
    return GuardFinding(
      .prune,
      "\(leaving) of \(existing) resources (\(percent(leaving, of: existing)) %) would be deleted, "
        + "more than \(allowedPercent) %",
      howToAllow: howToAllow)
  }

  /// Whole percent; in tenths rounded up where whole percent would read like the limit itself.
  private static func percent(_ part: Int, of whole: Int) -> String {
    let percent = part * 100 / whole
    guard percent == allowedPercent else { return String(percent) }
    return Decimals.text(Int64((part * 1000 + whole - 1) / whole), digits: 1)
  }
}
