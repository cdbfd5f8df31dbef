import Component
import Manifests
import Model
import Planning
import Reconciling

/// The kinds of the house, put together, and what follows from them without looking at the world.
struct Platform: Sendable {
  let kinds: [Kind]

  /// The desired state that the manifests describe. Warnings go to standard error.
  /// - Throws: `CommandFailure` with every error of every file, exit code 2.
  func load(_ paths: [String]) throws(CommandFailure) -> DesiredState {
    try tryLoad(paths).get()
  }

  func tryLoad(_ paths: [String]) -> Result<DesiredState, CommandFailure> {
    judge(ManifestLoader(kinds: kinds.map(\.schema)).load(paths: paths))
  }

  /// The same, at a cost that follows from what changed since the last load with this cache.
  func tryLoad(
    _ paths: [String], reusing cache: inout ManifestCache
  ) -> Result<DesiredState, CommandFailure> {
    judge(ManifestLoader(kinds: kinds.map(\.schema)).load(paths: paths, reusing: &cache))
  }

  private func judge(_ result: LoadResult) -> Result<DesiredState, CommandFailure> {
    let isColored = Output.errorStyle.isColoured
    guard let desired = result.desired else {
      let count = result.diagnostics.count { $0.severity == .error }
      Output.error(result.diagnostics.rendered(color: isColored))
      return .failure(.usage("\(count) error\(count == 1 ? "" : "s") in the manifests; nothing was touched"))
    }
    if !result.diagnostics.isEmpty { Output.error(result.diagnostics.rendered(color: isColored)) }
    return .success(desired)
  }

  var planner: EnginePlanner {
    EnginePlanner(
      Planner(
        planners: Dictionary(kinds.map { ($0.name, $0.planner) }, uniquingKeysWith: { first, _ in first })))
  }

  var backends: [String: AnyBackend] {
    Dictionary(kinds.map { ($0.name, $0.backend) }, uniquingKeysWith: { first, _ in first })
  }

  /// What resources offer to each other, from their specs alone.
  func offers(_ resources: [AnyResource]) -> Offers {
    let byKind = Dictionary(kinds.map { ($0.name, $0.offer) }, uniquingKeysWith: { first, _ in first })
    var offers = Offers()
    for resource in resources {
      if let offer = byKind[resource.id.kind]?(resource) { offers.add(offer, from: resource.id) }
    }
    return offers
  }
}

extension Platform {
  /// The same, without what would be read the same if it were left out.
  func briefManifest(of resource: AnyResource) -> String {
    manifest(of: kinds.first { $0.name == resource.id.kind }?.schema.brief(resource) ?? resource)
  }

  /// The manifest of a resource, complete.
  func manifest(of resource: AnyResource) -> String {
    YAMLWriter(kinds: kinds.map(\.schema)).document(for: resource)
  }
}
