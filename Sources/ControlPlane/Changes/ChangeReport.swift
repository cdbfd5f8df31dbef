package import Manifests
package import Model
package import Reconciling

/// What a change that was ordered came to.
package struct ChangeReport: JSONRepresentable {
  /// What became of each resource.
  package let report: ApplyReport
  /// What became of the whole, where it was to be all or nothing.
  package var atomic: AtomicReport?
  /// Whether there is more to tell than that nothing was to be done.
  package var hasNews = true
  /// Revisions that the change left and that are quarantined for it, sorted.
  package var left: [Int64] = []
  /// About the manifests.
  package var warnings: [Diagnostic] = []

  package init(_ report: ApplyReport) { self.report = report }

  package init(_ report: AtomicReport) {
    self.report = report.forward
    atomic = report
  }

  /// `docs/apply-json.md`, with members of the API.
  package var value: Value {
    (atomic?.value ?? report.value).adding("news", .bool(hasNews))
      .adding("left", left.isEmpty ? nil : .array(left.map(Value.integer)))
      .adding("warnings", warnings.isEmpty ? nil : .array(warnings.map(\.value)))
  }

  package init?(_ value: Value) {
    guard let report = ApplyReport(value) else { return nil }
    self.report = report
    atomic = AtomicReport(value)
    hasNews = value.flag(at: "news") ?? true
    left = (value.list(at: "left") ?? []).compactMap {
      if case .integer(let number) = $0 { number } else { nil }
    }
    warnings = value.list(at: "warnings", of: Diagnostic.self) ?? []
  }
}
