import KindSupport
import Manifests
import Model
import Planning
import Reconciling
import Synchronization

// What is written down as manifests of a world is read again, and changes nothing in it.

extension Story {
  /// What is wrong with an export of the world as it is, and of one that people changed behind the program's back.
  func exportProblems() async -> [String] {
    do throws(StoreError) {
      let asDeclared = try await exportProblems(allowsRemarks: false)
      for _ in 0..<world.fate.int(1...4) {
        if let deed = world.fate.roll({ self.world.meddle(&$0) }) { world.say(deed) }
      }
      return try await asDeclared + exportProblems(allowsRemarks: true)
    } catch {
      return ["exporting failed: \(error)"]
    }
  }

  /// - Parameter allowsRemarks: whether there may be something that no manifest can say.
  private func exportProblems(allowsRemarks: Bool) async throws(StoreError) -> [String] {
    let declared = world.manifests.withLock { $0 }
    let (platform, seen) = try await prepare(declared)
    let export = LiveExport(platform.kinds, declared, seen)
    let isThing = { (id: ResourceID) in id.kind == "Fake" }
    let remarks = export.remarks.filter { !isThing($0.id) }
    let text = export.resources.filter { !isThing($0.id) }.map { platform.kinds.briefManifest(of: $0) }
      .joined()
    let read = ManifestLoader(kinds: platform.kinds.schemas).load(text: text, name: "exported.yaml")
    guard let written = read.desired else {
      return ["what was exported cannot be read: \(read.diagnostics.rendered(color: false))"]
    }
    let desired = DesiredState(
      environment: declared.environment, allowsMockGPUs: declared.allowsMockGPUs,
      resources: written.resources + declared.resources.filter { isThing($0.id) })
    let plan = try await prepare(desired).1.plan
    // A scheduler is told of nodes and modules as they are declared: where one is left out, it is to be retired.
    let told = Set(remarks.map(\.id)).union(
      remarks.contains { ["Node", "Module"].contains($0.id.kind) }
        ? declared.resources.map(\.id).filter { $0.kind == "Scheduler" } : [])
    let changes = plan.resources.filter { resource in
      resource.outcome != .unchanged && !isThing(resource.id) && !told.contains(resource.id)
        // Routine work is due when it is due.
        && !resource.steps.allSatisfy { $0.action == .maintain }
    }
    let silent = changes.map {
      "the plan of what was exported is \($0.outcome.rawValue) for \($0.id): "
        + $0.steps.map { "\($0.summary) (\($0.reason)) \($0.fields)" }.joined(separator: ", ")
    }
    return silent
      + (allowsRemarks ? [] : remarks.map { "exporting \($0.id) as declared is remarked: \($0.note)" })
  }
}
