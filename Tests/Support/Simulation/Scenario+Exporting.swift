import KindSupport
import Manifests
import Model
import Planning
import Reconciling
import Synchronization

// An export of the world that is loaded again must plan to no change.

extension Scenario {
  /// Problems of an export of the converged world, and of one after drift.
  func exportProblems() async -> [String] {
    do throws(StoreError) {
      let asDeclared = try await exportProblems(allowsRemarks: false)
      for _ in 0..<world.scenarioRandom.int(1...4) {
        if let change = world.scenarioRandom.draw({ self.world.introduceDrift(&$0) }) { world.log(change) }
      }
      return try await asDeclared + exportProblems(allowsRemarks: true)
    } catch {
      return ["exporting failed: \(error)"]
    }
  }

  /// - Parameter allowsRemarks: whether the world may have properties that no manifest can express.
  private func exportProblems(allowsRemarks: Bool) async throws(StoreError) -> [String] {
    let declared = world.manifests.withLock { $0 }
    let (platform, preparation) = try await prepare(declared)
    let export = LiveExport(platform.kinds, declared, preparation)
    let isFake = { (id: ResourceID) in id.kind == "Fake" }
    let remarks = export.remarks.filter { !isFake($0.id) }
    let text = export.resources.filter { !isFake($0.id) }.map { platform.kinds.briefManifest(of: $0) }
      .joined()
    let read = ManifestLoader(kinds: platform.kinds.schemas).load(text: text, name: "exported.yaml")
    guard let written = read.desired else {
      return ["the export cannot be loaded: \(read.diagnostics.rendered(color: false))"]
    }
    let desired = DesiredState(
      environment: declared.environment, allowsMockGPUs: declared.allowsMockGPUs,
      resources: written.resources + declared.resources.filter { isFake($0.id) })
    let plan = try await prepare(desired).1.plan
    // A scheduler's plan depends on the declared nodes and modules: one that the export omits is retired.
    let excused = Set(remarks.map(\.id)).union(
      remarks.contains { ["Node", "Module"].contains($0.id.kind) }
        ? declared.resources.map(\.id).filter { $0.kind == "Scheduler" } : [])
    let changes = plan.resources.filter { resource in
      resource.outcome != .unchanged && !isFake(resource.id) && !excused.contains(resource.id)
        // Maintenance may be due at any time.
        && !resource.steps.allSatisfy { $0.action == .maintain }
    }
    let problems = changes.map {
      "the plan of the export is \($0.outcome.rawValue) for \($0.id): "
        + $0.steps.map { "\($0.summary) (\($0.reason)) \($0.fields)" }.joined(separator: ", ")
    }
    return problems
      + (allowsRemarks ? [] : remarks.map { "exporting \($0.id) as declared has a remark: \($0.note)" })
  }
}
