import Gateway
import Model
import Reconciling

/// What a person allows and agrees to, for one plan or change.
struct Permissions: Sendable {
  var granted: Set<Allowance> = []
  /// The first digits of the digest of destructive steps that are approved.
  var approve: String?

  init(granted: Set<Allowance> = [], approve: String? = nil) {
    self.granted = granted
    self.approve = approve
  }

  init(_ options: AllowanceOptions) {
    self.init(granted: options.granted, approve: options.approval.approve)
  }

  /// Members of a body that carries them; those without value are left out.
  var members: [String: Value] {
    var members: [String: Value] = [:]
    if !granted.isEmpty { members["allow"] = .array(granted.sorted().map { .string($0.description) }) }
    members["approve"] = approve.map(Value.string)
    return members
  }

  /// - Parameter body: with the members `allow` and `approve`, where there are any.
  init(_ body: Value) throws(CommandFailure) {
    for word in body.list(at: "allow") ?? [] {
      guard let allowance = Allowance(word.plainText) else {
        throw .usage("‘\(word.plainText)’ is nothing that can be allowed by name")
      }
      granted.insert(allowance)
    }
    approve = body.text(at: "approve")
  }

  static let schema: [String: Value] = [
    "allow": WireSchema.list(WireSchema.text(1...500), most: 1000),
    "approve": .members(["type": .string("string"), "pattern": .string("^[0-9a-f]{12,64}$")]),
  ]
}

/// Who orders a change.
struct Author: Sendable {
  /// For history and audit: `root@host`, or the name of the token that the order came with.
  let actor: String
  /// Whose approval counts.
  let approver: String
  /// Nil: that of the first path's work tree.
  var commit: String?
  /// Whether it is the user on this machine.
  let isHere: Bool

  /// The user on this machine.
  static var here: Author {
    let actor = Authorship.here("", []).actor
    return Author(actor: actor, approver: String(actor.prefix { $0 != "@" }), commit: nil, isHere: true)
  }

  /// Whoever an API knows by a token.
  static func of(_ principal: APIPrincipal, commit: String?) -> Author {
    Author(actor: "\(principal.name) (API)", approver: principal.name, commit: commit, isHere: false)
  }

  func authorship(_ command: String, _ words: [String], as action: AuditRecord.Action = .revision)
    -> Authorship
  {
    if isHere { return .here(command, words, as: action) }
    return Authorship(
      actor: actor, commit: commit, message: ([command] + words).joined(separator: " "), action: action)
  }
}
