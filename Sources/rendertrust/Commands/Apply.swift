import ArgumentParser
import Model
import Planning
import Reconciling

struct Apply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the world match the manifests, once.",
    discussion: """
      Takes files and folders with manifests, or a plan kept by ‘plan --out’, which is refused when the manifests or \
      the world changed since. What fails does not stop what does not depend on it.
      """)

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var state: StateOptions
  @OptionGroup var allowances: AllowanceOptions

  func run() async throws {
    let saved = try savedPlan()
    let paths = saved?.manifests ?? manifests.paths
    let desired = try Platform.schemasOnly().load(paths)
    try await Session.openForChange(state, showsPlan: true, as: "apply", in: { _ in desired.environment }) {
      session in
      let (preparation, allowances) = try await session.prepare(
        desired, allowances, as: saved.map { ($0, from: manifests.paths[0]) })
      let convergence = try await session.converge(
        preparation, by: .here("apply", paths + allowances.words), allowances)
      // The plan, which was shown, said already that there is nothing to do.
      guard preparation.plan.hasChanges || !convergence.findings.values.allSatisfy(\.status.isReady) else {
        return
      }
      try Summary(convergence).report()
    }
  }

  private func savedPlan() throws -> SavedPlan? {
    guard manifests.paths.count == 1, let path = manifests.paths.first,
      path.hasSuffix(".plan") || path.hasSuffix(".json")
    else { return nil }
    do {
      return try SavedPlan(text: try Files.read(path))
    } catch let error as PlanError {
      throw CommandFailure.usage("\(path): \(error)")
    }
  }
}
