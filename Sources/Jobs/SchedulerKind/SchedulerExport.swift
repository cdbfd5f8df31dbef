package import KindSupport
package import Model

/// What a scheduler is written as so that what it was told is as declared. Nodes and modules are written by their own kinds.
package enum SchedulerExport {
  package static func export(
    _ scheduler: Resource<SchedulerSpec>, _ observed: SchedulerObserved, _ context: ReconcileContext
  ) -> Exported<SchedulerSpec> {
    let remarks =
      differing("Node", context.offers.schedulerNodes, observed.nodes)
      + differing("Module", context.offers.schedulerModules, observed.modules)
    let spec = observed.settings.map { scheduler.spec.with($0) } ?? scheduler.spec
    let file = KEDAManifest(spec)
    let isWritten = file.map { observed.files[$0.file] == $0.text } ?? true
    return Exported(
      spec,
      remarks: remarks + (isWritten ? [] : ["\(file?.file ?? "") would be written: it says something else"]))
  }

  private static func differing<Entry>(
    _ kind: String, _ wanted: [String: Entry], _ rows: [String: SchedulerObserved.Known<Entry>]
  ) -> [String] {
    let names = Set(wanted.keys).union(rows.filter { !$0.value.isRetired }.keys).sorted()
    let wrong = names.filter { rows[$0]?.isRetired != false || rows[$0]?.entry != wanted[$0] }
    return wrong.isEmpty
      ? []
      : [
        "\(wrong.map { "\(kind)/\($0)" }.joined(separator: ", ")) would be told to schedulers as declared, "
          + "who know \(wrong.count == 1 ? "it" : "them") as something else"
      ]
  }
}
