/// A safety rule. The raw value is the word that options and JSON use.
package enum GuardRule: String, Sendable, Codable, CaseIterable {
  /// The plan deletes more than a share of the existing resources.
  case prune
  /// A step destroys what only a backup can restore, and the environment requires approvals.
  case destructive
  /// A service with volumes is replaced without a fresh backup of them.
  case statefulReplace = "stateful-replace"
  /// The last node that can run a module is removed, cordoned or changed.
  case lastNode = "last-node"
  /// A database has a newer schema than its manifest declares.
  case schemaDowngrade = "schema-downgrade"
  /// The ledger of a resource had entries, and is missing, another one or an earlier state of it.
  case booksMissing = "books-missing"
  /// The resource claims a thing that belongs to another one.
  case ownership

  /// Whether `--allow` accepts it. Destructive steps are approved by the digest of exactly that plan. What
  /// belongs to another resource is never changed.
  package var isAllowedByName: Bool { self != .destructive && self != .ownership }
}
