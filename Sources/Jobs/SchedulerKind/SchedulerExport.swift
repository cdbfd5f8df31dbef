package import KindSupport
package import Model

/// The manifest of a scheduler as it is recorded. Nodes and modules are exported by their own kinds.
package enum SchedulerExport {
  package static func export(
    _ scheduler: Resource<SchedulerSpec>, _ observed: SchedulerObserved, _ context: ReconcileContext
  ) -> Exported<SchedulerSpec> {
    let remarks =
      differing("Node", context.offers.declaredNodes, observed.nodes)
      + differing("Module", context.offers.declaredModules, observed.modules)
    let spec = observed.settings.map { scheduler.spec.with($0) } ?? scheduler.spec
    let file = KEDAManifest(spec)
    let isCurrent = file.map { observed.files[$0.file] == $0.text } ?? true
    return Exported(
      spec,
      remarks: remarks
        + (isCurrent ? [] : ["apply would write \(file?.file ?? ""), because its text differs"]))
  }

  private static func differing<Entry>(
    _ kind: String, _ wanted: [String: Entry], _ rows: [String: SchedulerObserved.Recorded<Entry>]
  ) -> [String] {
    let names = Set(wanted.keys).union(rows.filter { !$0.value.isRetired }.keys).sorted()
    let wrong = names.filter { rows[$0]?.isRetired != false || rows[$0]?.entry != wanted[$0] }
    return wrong.isEmpty
      ? []
      : [
        "apply would record \(wrong.map { "\(kind)/\($0)" }.joined(separator: ", ")) as declared, "
          + "because the scheduler has \(wrong.count == 1 ? "it" : "them") otherwise"
      ]
  }
}
