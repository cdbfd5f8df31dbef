package import Gateway
import Model
package import Reconciling

/// Who orders a change.
package struct Author: Sendable {
  /// For history and audit: `root@host`, or the name of the token that the order came with.
  package let actor: String
  /// Whose approval counts.
  package let approver: String
  /// Nil: that of the first path's work tree.
  package var commit: String?
  /// Whether it is the user on this machine.
  package let isHere: Bool

  /// The user on this machine.
  package static var here: Author {
    let actor = Authorship.here("", []).actor
    return Author(actor: actor, approver: String(actor.prefix { $0 != "@" }), commit: nil, isHere: true)
  }

  /// Whoever an API knows by a token.
  package static func of(_ principal: APIPrincipal, commit: String?) -> Author {
    Author(actor: "\(principal.name) (API)", approver: principal.name, commit: commit, isHere: false)
  }

  package func authorship(_ command: String, _ words: [String], as action: AuditRecord.Action = .revision)
    -> Authorship
  {
    if isHere { return .here(command, words, as: action) }
    return Authorship(
      actor: actor, commit: commit, message: ([command] + words).joined(separator: " "), action: action)
  }
}
