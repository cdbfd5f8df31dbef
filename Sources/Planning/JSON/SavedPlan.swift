package import Model

/// A plan in a file (`plan --out FILE`), to be approved and applied later if nothing changes in between.
///
/// Contains the readable plan and digests of its steps, not the operations. Applying creates a new plan and
/// continues only when it is the same.
package struct SavedPlan: Sendable, Equatable {
  package static let format = "rendertrust.com/plan/v2"

  package let environment: String
  package let manifestDigest: Digest
  /// The paths of the manifests, as given on the command line.
  package let manifests: [String]
  /// The allowances that the plan was created with and is applied with.
  package let allowances: Allowances
  /// The output of `Plan.json()`.
  package let plan: Value
  /// Digest of outcome and steps, with their operations, of each resource that is not unchanged.
  let stepDigests: [String: Digest]

  package init(_ plan: Plan, manifests: [String], allowances: Allowances) {
    environment = plan.environment
    manifestDigest = plan.manifestDigest
    self.manifests = manifests
    self.allowances = allowances
    self.plan = plan.json()
    stepDigests = SavedPlan.stepDigests(of: plan)
  }

  /// Why this plan must not be applied, with the resources that differ; nil when `fresh` is the same plan.
  package func refusal(against fresh: Plan) -> String? {
    guard fresh.environment == environment else {
      return "the saved plan is for ‘\(environment)’, not for ‘\(fresh.environment)’"
    }
    let current = SavedPlan.stepDigests(of: fresh)
    let differing = Set(current.keys).union(stepDigests.keys)
      .filter { current[$0] != stepDigests[$0] }.sorted()
    if fresh.manifestDigest != manifestDigest {
      let what = differing.isEmpty ? "" : " (\(SavedPlan.list(differing)))"
      return "the manifests changed since the plan was saved\(what); plan again"
    }
    guard differing.isEmpty else {
      return "the world changed since the plan was saved: \(SavedPlan.list(differing)); plan again"
    }
    return nil
  }

  private static func list(_ ids: [String]) -> String {
    let shown = ids.prefix(5).joined(separator: ", ")
    return ids.count > 5 ? "\(shown) and \(ids.count - 5) more" : shown
  }

  // MARK: Digests

  private static func stepDigests(of plan: Plan) -> [String: Digest] {
    var digests: [String: Digest] = [:]
    for resource in plan.resources where resource.outcome != .unchanged {
      digests[resource.id.description] = StepDigest.of(resource.steps, resource.outcome.rawValue)
    }
    return digests
  }
}

// MARK: - The file

extension SavedPlan {
  /// The content of the file.
  package var text: String {
    Value.members(["digest": .string(Digest(of: content).hex), "saved": content]).prettyJSON
  }

  /// Parses the content of a file.
  /// - Throws: When it is not a saved plan, has another format, or was edited.
  package init(text: String) throws(PlanError) {
    guard let root = try? Value(json: text) else {
      throw PlanError("this is not a saved plan: it is not JSON", hint: "create one with `plan --out FILE`")
    }
    guard let saved = root["saved"], case .string(let format)? = saved["format"] else {
      throw PlanError("this is not a saved plan", hint: "create one with `plan --out FILE`")
    }
    guard format == SavedPlan.format else {
      throw PlanError(
        "the saved plan has the format ‘\(format)’, not ‘\(SavedPlan.format)’", hint: "plan again")
    }
    guard root["digest"] == .string(Digest(of: saved).hex), let decoded = SavedPlan(content: saved) else {
      throw PlanError("the saved plan was changed after it was written", hint: "plan again")
    }
    self = decoded
  }

  private var content: Value {
    .members([
      "format": .string(SavedPlan.format),
      "environment": .string(environment),
      "manifestDigest": .string(manifestDigest.hex),
      "manifests": .array(manifests.map { .string($0) }),
      "allowances": allowances.json,
      "plan": plan,
      "stepDigests": .object(stepDigests.mapValues { .string($0.hex) }),
    ])
  }

  private init?(content: Value) {
    guard case .string(let environment)? = content["environment"],
      let manifestDigest = SavedPlan.digest(content["manifestDigest"]),
      case .array(let manifests)? = content["manifests"],
      let allowances = content["allowances"].flatMap({ Allowances(json: $0) }),
      let plan = content["plan"],
      case .object(let members)? = content["stepDigests"]
    else { return nil }
    self.environment = environment
    self.manifestDigest = manifestDigest
    self.manifests = manifests.map(\.plainText)
    self.allowances = allowances
    self.plan = plan
    var digests: [String: Digest] = [:]
    for member in members { digests[member.key] = SavedPlan.digest(member.value) }
    stepDigests = digests
  }

  private static func digest(_ value: Value?) -> Digest? {
    guard case .string(let hex)? = value else { return nil }
    return Digest(hex: hex)
  }
}
