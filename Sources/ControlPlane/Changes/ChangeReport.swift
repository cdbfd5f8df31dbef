package import Manifests
package import Model
package import Reconciling

/// The result of a change.
package struct ChangeReport: JSONRepresentable {
  /// The result of each resource.
  package let report: ApplyReport
  /// The result of an atomic apply; nil for other changes.
  package var atomic: AtomicReport?
  /// Whether the result contains more than the plan did. False for an apply without changes whose resources
  /// are all ready.
  package var hasFindings = true
  /// Revisions that a rollback quarantined, sorted.
  package var quarantinedRevisions: [Int64] = []
  /// Warnings about the manifests.
  package var warnings: [Diagnostic] = []

  package init(_ report: ApplyReport) { self.report = report }

  package init(_ report: AtomicReport) {
    self.report = report.forward
    atomic = report
  }

  /// As `docs/apply-json.md` describes, with members of the API.
  package var value: Value {
    (atomic?.value ?? report.value).adding("hasFindings", .bool(hasFindings))
      .adding("left", quarantinedRevisions.isEmpty ? nil : .array(quarantinedRevisions.map(Value.integer)))
      .adding("warnings", warnings.isEmpty ? nil : .array(warnings.map(\.value)))
  }

  package init?(_ value: Value) {
    guard let report = ApplyReport(value) else { return nil }
    self.report = report
    atomic = AtomicReport(value)
    hasFindings = value.flag(at: "hasFindings") ?? true
    quarantinedRevisions = (value.list(at: "left") ?? []).compactMap {
      if case .integer(let number) = $0 { number } else { nil }
    }
    warnings = value.list(at: "warnings", of: Diagnostic.self) ?? []
  }
}
