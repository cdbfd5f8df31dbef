package import Gateway
package import Manifests
package import Model
import Planning
import Reconciling

/// Plans manifests: `plan`. Requires the role operator, because observing sends the referenced secrets to the
/// addresses in the manifests.
package struct PlanQuery: Query {
  package static let operation = QueryOperation(
    .post, "plan", name: "planManifests", "Plan these manifests. Changes nothing.",
    roles: [.operator],
    body: APIBody(
      schema: BundleSchema.object(
        Permissions.manifestsSchema.merging(["keep": WireSchema.flag, "paths": BundleSchema.paths]) {
          first, _ in first
        }),
      maxBytes: BundleSchema.maxBytes),
    answer: (
      "The plan as docs/plan-json.md describes it, warnings about the manifests, and with ‘keep’ the saved "
        + "plan.",
      WireSchema.object(
        ["plan": WireSchema.any, "warnings": WireSchema.list(WireSchema.diagnostic)],
        optional: ["saved": WireSchema.any])
    ))

  package let manifests: ManifestBundle
  /// Where the manifests were read from, for a saved plan.
  package let paths: [String]
  package let permissions: Permissions
  /// Whether the answer contains the text of a saved plan.
  package let isKept: Bool
  package let approver: String

  package init(
    _ manifests: ManifestBundle, paths: [String], permissions: Permissions, isKept: Bool, approver: String
  ) {
    self.manifests = manifests
    self.paths = paths
    self.permissions = permissions
    self.isKept = isKept
    self.approver = approver
  }

  package init(_ request: APIRequest) throws {
    let body = request.body ?? .null
    self.init(
      try body.manifests(), paths: (body.list(at: "paths") ?? []).map(\.plainText),
      permissions: try Permissions(body), isKept: body.flag(at: "keep") ?? false,
      approver: request.principal.name)
  }

  package var parameters: [String: String] { [:] }

  package var body: Value? {
    var members = permissions.members
    members["manifests"] = manifests.value
    members["paths"] = .array(paths.map(Value.string))
    if isKept { members["keep"] = .bool(true) }
    return .object(members)
  }

  package func answer(in context: PlanningContext) async throws -> PlanAnswer {
    let loaded = try context.platform.load(manifests)
      .requiringResources(unless: permissions.allowsEmpty, at: paths, areLocal: false)
    var answer = try await answer(in: context, for: loaded.desired)
    answer.warnings = loaded.warnings
    return answer
  }

  /// Plans loaded manifests.
  package func answer(in context: PlanningContext, for desired: DesiredState) async throws -> PlanAnswer {
    try await desired.requireKnownEnvironment(in: context.environments)
    let (preparation, allowed) = try await context.engine.prepare(
      desired, permissions, by: approver)
    let plan = preparation.plan
    return PlanAnswer(
      plan: plan,
      saved: isKept ? SavedPlan(plan, manifests: paths, allowances: allowed).text : nil)
  }
}

package struct PlanAnswer: Sendable {
  package let plan: Plan
  /// The text of a file for ‘apply’; nil unless the query asks for it.
  package let saved: String?
  package var warnings: [Diagnostic] = []
}

/// Request bodies with manifests.
package enum BundleSchema {
  package static let maxBytes = 16 << 20
  package static let paths = WireSchema.list(WireSchema.text(length: 1...4096), maxItems: 1000)

  private static let files = WireSchema.list(
    WireSchema.object(
      ["name": WireSchema.text(length: 1...4096), "text": WireSchema.text],
      optional: ["base": WireSchema.flag],
      isClosed: true),
    maxItems: 10_000)

  /// - Parameter optional: further members.
  package static func object(_ optional: [String: Value]) -> Value {
    let manifests = WireSchema.object(["files": files], optional: ["mentioned": files], isClosed: true)
    return .members([
      "type": .string("object"), "additionalProperties": .bool(false),
      "required": .array([.string("manifests")]),
      "properties": .object(optional.merging(["manifests": manifests]) { first, _ in first }),
    ])
  }
}

extension Value {
  /// The manifests of a request body.
  package func manifests() throws(OperationError) -> ManifestBundle {
    guard let bundle = self["manifests"].flatMap({ ManifestBundle($0) }) else {
      throw .usage(
        "invalid manifests: ‘manifests.files’ must be a list of objects with ‘name’ and ‘text’")
    }
    return bundle
  }
}

extension PlanAnswer: JSONRepresentable {
  package var value: Value {
    .members([
      "plan": plan.json(), "saved": saved.flatMap { try? Value(json: $0) },
      "warnings": .array(warnings.map(\.value)),
    ])
  }

  package init?(_ value: Value) {
    guard let plan = value["plan"].flatMap({ Plan(decoding: $0) }) else { return nil }
    self.init(plan: plan, saved: value["saved"]?.prettyJSON)
    warnings = value.list(at: "warnings", of: Diagnostic.self) ?? []
  }
}
