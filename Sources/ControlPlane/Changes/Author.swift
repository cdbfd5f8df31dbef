package import Gateway
import Model
package import Reconciling

/// The person or the program that orders a change.
package struct Author: Sendable {
  /// For history and audit: `root@host`, or the name of an API token.
  package let actor: String
  /// The name under which an approval counts.
  package let approver: String
  /// Nil: the commit of the first path's work tree.
  package var commit: String?
  /// Whether it is the user of this process.
  package let isLocal: Bool

  /// The user of this process.
  package static var local: Author {
    let actor = Authorship.localActor
    return Author(actor: actor, approver: String(actor.prefix { $0 != "@" }), commit: nil, isLocal: true)
  }

  /// The bearer of an API token.
  package static func remote(_ principal: APIPrincipal, commit: String?) -> Author {
    Author(actor: "\(principal.name) (API)", approver: principal.name, commit: commit, isLocal: false)
  }

  package func authorship(
    _ command: String, _ arguments: [String], as action: AuditRecord.Action = .revision
  ) -> Authorship {
    if isLocal { return .local(command, arguments, as: action) }
    return Authorship(
      actor: actor, commit: commit, message: ([command] + arguments).joined(separator: " "), action: action)
  }
}
