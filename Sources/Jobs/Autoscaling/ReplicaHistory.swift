package import Model

/// What earlier decisions left for later ones; nothing older than they look back is kept.
package struct ReplicaHistory: Hashable, Sendable {
  package struct Moment: Hashable, Sendable {
    package let time: Timestamp
    package let replicas: Int

    package init(_ time: Timestamp, _ replicas: Int) {
      self.time = time
      self.replicas = replicas
    }
  }

  /// How many the pending jobs asked for, oldest first.
  package private(set) var recommendations: [Moment]
  /// How many came, and less than 0 how many went, oldest first.
  package private(set) var changes: [Moment]

  package init(recommendations: [Moment] = [], changes: [Moment] = []) {
    self.recommendations = recommendations
    self.changes = changes
  }

  /// The most that was recommended after a moment.
  func highest(after time: Timestamp) -> Int? {
    recommendations.lazy.filter { $0.time > time }.map(\.replicas).max()
  }

  /// By how many the number grew after a moment, less those that went.
  func growth(after time: Timestamp) -> Int {
    changes.lazy.filter { $0.time > time }.reduce(0) { $0 + $1.replicas }
  }

  func adding(
    recommendation: Int?, change: Int, at now: Timestamp, keeping span: TimeSpan
  ) -> ReplicaHistory {
    func kept(_ moments: [Moment], _ span: TimeSpan) -> [Moment] { moments.filter { now - $0.time < span } }
    var history = ReplicaHistory(
      recommendations: kept(recommendations, span), changes: kept(changes, ReplicaRule.riseWindow))
    if let recommendation { history.recommendations.append(Moment(now, recommendation)) }
    if change != 0 { history.changes.append(Moment(now, change)) }
    return history
  }
}
