import Gateway
package import Model
import Reconciling

/// The allowances and the approval that a person gives for one plan or change.
package struct Permissions: Sendable {
  package var granted: Set<Allowance> = []
  /// The first digits of the digest of the approved destructive steps.
  package var approve: String?
  /// Whether manifests without a resource are meant.
  package var allowsEmpty = false

  package init(granted: Set<Allowance> = [], approve: String? = nil) {
    self.granted = granted
    self.approve = approve
  }

  /// The members of a request body. Omits members without a value.
  package var members: [String: Value] {
    var members: [String: Value] = [:]
    if !granted.isEmpty { members["allow"] = .array(granted.sorted().map { .string($0.description) }) }
    members["approve"] = approve.map(Value.string)
    if allowsEmpty { members["allowEmpty"] = .bool(true) }
    return members
  }

  /// - Parameter body: may contain the members `allow`, `approve` and `allowEmpty`.
  package init(_ body: Value) throws(OperationError) {
    for word in body.list(at: "allow") ?? [] {
      guard let allowance = Allowance(word.plainText) else {
        throw .usage("‘\(word.plainText)’ is not an allowance")
      }
      granted.insert(allowance)
    }
    approve = body.text(at: "approve")
    allowsEmpty = body.flag(at: "allowEmpty") ?? false
  }

  package static let schema: [String: Value] = [
    "allow": WireSchema.list(WireSchema.text(length: 1...500), maxItems: 1000),
    "approve": .members(["type": .string("string"), "pattern": .string("^[0-9a-f]{12,64}$")]),
  ]

  /// The members of a body with manifests.
  package static let manifestsSchema = schema.merging(["allowEmpty": WireSchema.flag]) { first, _ in first }
}

extension Allowances {
  /// The arguments of a command line, for the record.
  package var arguments: [String] {
    granted.sorted().flatMap { ["--allow", $0.description] }
      + (approval.map { ["--approve", $0.plan.short, "by", $0.approvers.joined(separator: ", ")] } ?? [])
  }
}
