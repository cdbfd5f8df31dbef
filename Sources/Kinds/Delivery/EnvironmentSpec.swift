package import Manifests
package import Model

/// An environment: where revisions apply, and the gates that they must pass first (seeds: CI/CD &
/// Environments).
package struct EnvironmentSpec: ManifestSpec {
  package static let kind = "Environment"

  package var follows: FollowsSpec?
  package var mockGPUs = false
  package var variables: [String: String] = [:]
  package var variablesFrom: [VariableFileSpec] = []
  package var requires = RequirementsSpec()

  package init() {}

  package static let fields = Fields<Self>("Where revisions apply, and the gates that they must pass first") {
    Field(
      "follows", \.follows,
      "The branch or the tags that become revisions; default: revisions are applied by hand")
    Field("mockGPUs", \.mockGPUs, "Whether nodes may declare simulated GPUs")
    Field(
      "variables", \.variables, "The values of `${name}` in this environment's manifests",
      .freeText, .example("{registry: \"127.0.0.1:5055\"}"))
    Field(
      "variablesFrom", \.variablesFrom, "Files with more variables, beside this manifest; later files win")
    Field("requires", \.requires, "The gates that a revision must pass before it applies here")
  }

  package func validate(_ report: inout FieldReport) {
    for name in variables.keys.sorted() where !EnvironmentSpec.isVariable(name) {
      report.error(
        at: "variables.\(name)", "‘\(name)’ is not a name of a variable",
        hint: "use ASCII letters, digits and `_`, with a letter first")
    }
  }

  private static func isVariable(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
    }
  }
}

/// The commits that become revisions.
package enum FollowsSpec: ManifestChoice {
  case branch(String)
  /// A glob such as `v*-rc*`.
  case tag(String)

  package static let cases = Cases<Self>("The commits that become revisions") {
    Case("branch", "Every commit of a branch", FollowsSpec.branch, FollowsSpec.refName) {
      if case .branch(let name) = $0 { name } else { nil }
    }
    Case("tag", "Tags that match a pattern, such as \"v*.*.*\"", FollowsSpec.tag, FollowsSpec.refName) {
      if case .tag(let pattern) = $0 { pattern } else { nil }
    }
  }

  private static let refName = FieldRule<String>.rule("a valid git reference name") { name in
    name.isEmpty || name.contains(" ") || name.contains("..")
      ? .init("must be a valid git reference name", hint: "for example main, or v*.*.* for tags") : nil
  }
}

package struct VariableFileSpec: ManifestObject {
  package var file = ""
  package init() {}
  package static let fields = Fields<Self>("A file of variables") {
    Field(
      "file", \.file, "A YAML file that maps names to texts, beside this manifest", .required, .nonEmpty,
      .example("images.yaml"))
  }
}

/// The gates that a revision must pass before it applies.
package struct RequirementsSpec: ManifestObject {
  package var smoke: [SmokeSpec] = []
  package var approvals: ApprovalSpec?
  package var drillYoungerThan: TimeSpan?

  package init() {}

  package static let fields = Fields<Self>("The gates that a revision must pass before it applies") {
    Field("smoke", \.smoke, "Jobs that must succeed in the environment before this one")
    Field("approvals", \.approvals, "The required approvals")
    Field(
      "drillYoungerThan", \.drillYoungerThan, "The maximum age of the last successful restore drill",
      .min(TimeSpan(seconds: 1)), .example("190d"))
  }
}

package struct SmokeSpec: ManifestObject {
  package var module = ""
  package var within = TimeSpan(seconds: 30)
  package init() {}
  package static let fields = Fields<Self>("A job that must succeed") {
    Field("module", \.module, "The module's name", .required, .nonEmpty, .example("echo"))
    Field("within", \.within, "The job's deadline", .min(TimeSpan(seconds: 1)))
  }
}

package struct ApprovalSpec: ManifestObject {
  package var count = 1
  package var from: [String] = []
  package init() {}
  package static let fields = Fields<Self>("The required approvals") {
    Field("count", \.count, "The number of different people", .range(1...20))
    Field(
      "from", \.from, "Who may approve: `role/…` or `account/…`", .required, .nonEmpty, .unique(),
      .each(
        .rule("role/… or account/…") { who in
          let parts = who.split(separator: "/", omittingEmptySubsequences: false)
          return parts.count == 2 && ["role", "account"].contains(parts[0]) && !parts[1].isEmpty
            ? nil
            : .init("must be `role/…` or `account/…`, found ‘\(who)’", hint: "for example role/approver")
        }))
  }
}

extension EnvironmentSpec: EnvironmentProviding {
  package var environmentSettings: EnvironmentSettings {
    EnvironmentSettings(
      variables: variables, variableFiles: variablesFrom.map(\.file), allowsMockGPUs: mockGPUs)
  }
}
