package import Model

/// The earlier decisions that a decision depends on. Entries that no decision can depend on any longer are
/// dropped.
package struct ReplicaHistory: Hashable, Sendable {
  package struct Sample: Hashable, Sendable {
    package let time: Timestamp
    package let replicas: Int

    package init(_ time: Timestamp, _ replicas: Int) {
      self.time = time
      self.replicas = replicas
    }
  }

  /// The recommended numbers of replicas, oldest first.
  package private(set) var recommendations: [Sample]
  /// The changes of the number of replicas, negative when replicas were removed, oldest first.
  package private(set) var changes: [Sample]

  package init(recommendations: [Sample] = [], changes: [Sample] = []) {
    self.recommendations = recommendations
    self.changes = changes
  }

  /// The highest recommendation after `time`; nil when there is none.
  func highest(after time: Timestamp) -> Int? {
    recommendations.lazy.filter { $0.time > time }.map(\.replicas).max()
  }

  /// The sum of the changes after `time`.
  func growth(after time: Timestamp) -> Int {
    changes.lazy.filter { $0.time > time }.reduce(0) { $0 + $1.replicas }
  }

  func adding(
    recommendation: Int?, change: Int, at now: Timestamp, keeping span: TimeSpan
  ) -> ReplicaHistory {
    func kept(_ samples: [Sample], _ span: TimeSpan) -> [Sample] { samples.filter { now - $0.time < span } }
    var history = ReplicaHistory(
      recommendations: kept(recommendations, span), changes: kept(changes, ReplicaRule.scaleUpWindow))
    if let recommendation { history.recommendations.append(Sample(now, recommendation)) }
    if change != 0 { history.changes.append(Sample(now, change)) }
    return history
  }
}
