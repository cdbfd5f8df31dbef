import Gateway
package import Model
import Reconciling

/// What a person allows and agrees to, for one plan or change.
package struct Permissions: Sendable {
  package var granted: Set<Allowance> = []
  /// The first digits of the digest of destructive steps that are approved.
  package var approve: String?

  package init(granted: Set<Allowance> = [], approve: String? = nil) {
    self.granted = granted
    self.approve = approve
  }

  /// Members of a body that carries them; those without value are left out.
  package var members: [String: Value] {
    var members: [String: Value] = [:]
    if !granted.isEmpty { members["allow"] = .array(granted.sorted().map { .string($0.description) }) }
    members["approve"] = approve.map(Value.string)
    return members
  }

  /// - Parameter body: with the members `allow` and `approve`, where there are any.
  package init(_ body: Value) throws(OperationError) {
    for word in body.list(at: "allow") ?? [] {
      guard let allowance = Allowance(word.plainText) else {
        throw .usage("‘\(word.plainText)’ is nothing that can be allowed by name")
      }
      granted.insert(allowance)
    }
    approve = body.text(at: "approve")
  }

  package static let schema: [String: Value] = [
    "allow": WireSchema.list(WireSchema.text(1...500), most: 1000),
    "approve": .members(["type": .string("string"), "pattern": .string("^[0-9a-f]{12,64}$")]),
  ]
}

extension Allowances {
  /// As they are written on a command line, for the record.
  package var words: [String] {
    granted.sorted().flatMap { ["--allow", $0.description] }
      + (approval.map { ["--approve", $0.plan.short, "by", $0.approvers.joined(separator: ", ")] } ?? [])
  }
}
