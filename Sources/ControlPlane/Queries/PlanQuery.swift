package import Gateway
package import Manifests
package import Model
import Planning
import Reconciling

/// What applying manifests would do: `plan`. Not for viewers: to look at the world as manifests say is to send the secrets
/// that they refer to wherever they say.
package struct PlanQuery: Query {
  package static let operation = QueryOperation(
    .post, "plan", name: "planManifests", "Show what applying these manifests would do. Changes nothing.",
    roles: [.operator],
    body: APIBody(
      schema: BundleSchema.object(
        Permissions.schema.merging(["keep": WireSchema.flag, "paths": BundleSchema.paths]) { first, _ in first
        }),
      maxBytes: BundleSchema.mostBytes),
    answer: (
      "The plan as docs/plan-json.md says, warnings about the manifests, and with ‘keep’ what ‘plan --out’ keeps.",
      WireSchema.object(
        ["plan": WireSchema.any, "warnings": WireSchema.list(WireSchema.diagnostic)],
        optional: ["saved": WireSchema.any])
    ))

  package let manifests: ManifestBundle
  /// Where they were read from, for a kept plan.
  package let paths: [String]
  package let permissions: Permissions
  /// Whether the answer holds what can be kept in a file.
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

  package func answer(in session: Session) async throws -> PlanAnswer {
    let loaded = try session.platform.load(manifests)
    var answer = try await answer(in: session, for: loaded.desired)
    answer.warnings = loaded.warnings
    return answer
  }

  /// The same for manifests that were loaded already.
  package func answer(in session: Session, for desired: DesiredState) async throws -> PlanAnswer {
    let (preparation, allowed) = try await session.prepare(desired, permissions, by: approver)
    let plan = preparation.plan
    return PlanAnswer(
      plan: plan,
      saved: isKept ? SavedPlan(plan, manifests: paths, allowances: allowed).text : nil)
  }
}

package struct PlanAnswer: JSONRepresentable {
  package let plan: Plan
  /// The text of a file that ‘apply’ takes.
  package let saved: String?
  package var warnings: [Diagnostic] = []

  package init(plan: Plan, saved: String?) {
    self.plan = plan
    self.saved = saved
  }

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

/// Bodies that carry manifests.
package enum BundleSchema {
  package static let mostBytes = 16 << 20
  package static let paths = WireSchema.list(WireSchema.text(1...4096), most: 1000)

  private static let files = WireSchema.list(
    WireSchema.object(
      ["name": WireSchema.text(1...4096), "text": WireSchema.text], optional: ["base": WireSchema.flag],
      isClosed: true),
    most: 10_000)

  /// - Parameter optional: members beside the manifests.
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
  /// Of a body that carries manifests.
  package func manifests() throws(OperationError) -> ManifestBundle {
    guard let bundle = self["manifests"].flatMap({ ManifestBundle($0) }) else {
      throw .usage(
        "the manifests cannot be read: ‘manifests.files’ is a list of objects with ‘name’ and ‘text’")
    }
    return bundle
  }
}
