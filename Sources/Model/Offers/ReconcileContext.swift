/// What planners and backends may know beyond their own resource. Created once per pass, the same for all
/// kinds.
package struct ReconcileContext: Sendable {
  package let environment: String
  /// Identifies what this controller owns in the outside systems. Stable for the life of its state folder.
  package let owner: String
  package let now: Timestamp
  /// Whether nodes may declare a GPU that does not exist (seeds: dev sandbox).
  package let allowsMockGPUs: Bool
  /// What the desired resources offer to each other, from their specs alone.
  package let offers: Offers

  package init(environment: String, owner: String, now: Timestamp, allowsMockGPUs: Bool, offers: Offers) {
    self.environment = environment
    self.owner = owner
    self.now = now
    self.allowsMockGPUs = allowsMockGPUs
    self.offers = offers
  }
}
