import FoundationEssentials
import Model
import Postgres
import RandomSupport
import RefactoringSupport
import Testing

/// One seed of refactorings in an environment of its own.
struct RefactoringTrial {
  let refactoring: Refactoring
  let contents: RealContents
  private let installation: Installation
  private let seed: UInt64

  init(seed: UInt64, _ installation: Installation, _ server: PostgresServer) {
    let limits = GeneratorLimits(engines: 1, hasFakes: false, firstPort: 21_700, slowPercent: 25)
    var random = SeededRandom(seed: seed)
    let state = StateGenerator.state(of: "e\(seed)", limits, &random)
    refactoring = RefactoringGenerator.refactoring(of: state, limits, &random)
    contents = RealContents(installation: installation, server: server)
    self.installation = installation
    self.seed = seed
  }

  private var comment: Comment {
    "RENDERTRUST_REFACTORING=\(seed): \(refactoring.descriptions.joined(separator: "; "))"
  }

  func run() async throws {
    let before = refactoring.before
    var environment = before.environment
    try await applyCompletely(before)
    let places = try await contents.fill(before)
    switch refactoring.environmentChange {
    case nil: try await change(to: refactoring.after, places)
    case .rename(let name):
      let after = refactoring.after.named(name)
      try write(after)
      let refused = try await installation.run("apply", folder)
      #expect(refused.exitCode == 4, "\(comment)\n\(refused)")
      try await check(before, places)
      let renamed = try await installation.run("environments", "rename", environment, name)
      try #require(renamed.exitCode == 0, "\(comment)\n\(renamed)")
      environment = name
      try await change(to: after, places)
    case .copy(let name):
      try write(before.named(name))
      let refused = try await installation.run("apply", folder)
      #expect(refused.exitCode == 4, "\(comment)\n\(refused)")
      try await check(before, places)
      let destroyed = try await installation.run("destroy", "-e", name, "--yes")
      #expect(destroyed.exitCode == 2, "\(comment)\n\(destroyed)")
      try await check(before, places)
      try write(before)
      try await expectNoChanges()
    }
    let destroyed = try await installation.run("destroy", "-e", environment, "--yes")
    try #require(destroyed.exitCode == 0, "\(comment)\n\(destroyed)")
  }

  /// Applies once, with what a person who is asked allows.
  private func change(to after: DeclaredState, _ places: RealContents.Places) async throws {
    try write(after)
    let plan = try await installation.run("plan", folder, "-o", "json")
    if let refusal = refactoring.refusal {
      let words = refusal.resources.map(\.description)
      #expect(words.allSatisfy { plan.output.contains($0) }, "\(comment)\n\(plan)")
      let refused = try await installation.run("apply", folder)
      #expect(refused.exitCode != 0, "\(comment)\n\(refused)")
      try await check(refactoring.before, places)
      return try await applyCompletely(refactoring.before)
    }
    var allowances: [String] = refactoring.destroys.isEmpty ? [] : ["--yes"]
    for resource in try plan.json()["resources"]?.elements ?? [] {
      let id = resource["id"]?.plainText ?? ""
      for finding in resource["guards"]?.elements ?? [] {
        let rule = finding["rule"]?.plainText ?? ""
        #expect(
          refactoring.mayAsk.contains { $0.rawValue == rule }, "\(comment)\n\(id) is blocked by \(rule)")
        allowances += ["--allow", "\(rule)=\(id)"]
      }
      let isDestroyed = (resource["steps"]?.elements ?? []).contains { $0["risk"] == .string("destructive") }
      #expect(
        isDestroyed == refactoring.destroys.contains { "\($0)" == id }, "\(comment)\n\(id) would be destroyed"
      )
    }
    try await applyCompletely(after, allowances)
    try await check(after, places)
  }

  // MARK: Commands

  private var folder: String { installation.manifestFolder }

  private func write(_ state: DeclaredState) throws {
    let images = [
      "Service": try installation.image("webImage"), "Module": try installation.image("echoImage"),
    ]
    try installation.write(state.text { images[$0] ?? "" }, to: "all.yaml")
  }

  private func applyCompletely(_ state: DeclaredState, _ allowances: [String] = []) async throws {
    try write(state)
    let applied = try await installation.run(["apply", folder] + allowances) { _ in }.outcome
    try #require(applied.exitCode == 0, "\(comment)\n\(applied)")
    try await expectNoChanges()
  }

  private func expectNoChanges() async throws {
    let plan = try await installation.run("plan", folder, "--detailed-exitcode")
    #expect(plan.exitCode == 0, "\(comment)\n\(plan)")
  }

  private func check(_ state: DeclaredState, _ places: RealContents.Places) async throws {
    for problem in try await contents.problems(of: state, places) {
      Issue.record("\(comment)\n\(problem)")
    }
  }
}
