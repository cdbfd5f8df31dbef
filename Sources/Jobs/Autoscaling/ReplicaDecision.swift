package import Model

/// Decides the number of scheduler replicas. Pure. KEDA and its HorizontalPodAutoscaler decide the same from
/// the same numbers (kubernetes.io, "Horizontal Pod Autoscaling", algorithm details, for a metric averaged
/// over replicas):
///
/// 1. The recommendation is the number of pending jobs divided by the target, rounded up, or the current
///    number of replicas where the jobs are within 10 % of its target.
/// 2. Scaling down stops at the highest recommendation within the cool-down.
/// 3. Scaling up within 15 s at most doubles the replicas or adds 4, whichever is more.
/// 4. The result is between the minimum and the maximum. A current number outside of them is corrected first,
///    whatever the number of pending jobs.
///
/// The first decision counts the current number as a recommendation of that moment.
package struct ReplicaDecision: Hashable, Sendable {
  package enum Reason: String, Hashable, Sendable {
    /// The pending jobs are within 10 % of the target.
    case fits
    case moreJobs
    case fewerJobs
    /// Fewer replicas suffice, but more were needed within the cool-down.
    case coolingDown
    /// More replicas are needed than may be added at once.
    case scaleUpLimited
    case minimum, maximum
  }

  package let replicas: Int
  /// The number for the pending jobs, before limits and cool-down.
  package let recommended: Int
  package let reason: Reason
  /// The history for the next decision.
  package let history: ReplicaHistory

  /// - Parameters:
  ///   - current: the number of replicas.
  ///   - pending: the number of pending jobs.
  package static func make(
    current: Int, pending: Int64, rule: ReplicaRule, history: ReplicaHistory, now: Timestamp
  ) -> ReplicaDecision {
    if current < rule.min || current > rule.max {
      let limit = current < rule.min ? rule.min : rule.max
      return ReplicaDecision(
        replicas: limit, recommended: limit, reason: current < rule.min ? .minimum : .maximum,
        history: history.adding(
          recommendation: nil, change: limit - current, at: now, keeping: rule.cooldown))
    }
    var history = history
    if history.recommendations.isEmpty {
      history = history.adding(recommendation: current, change: 0, at: now, keeping: rule.cooldown)
    }
    let recommended = recommendation(current, max(0, pending), rule)
    let (replicas, reason) = limited(recommended, current, rule, history, now)
    return ReplicaDecision(
      replicas: replicas, recommended: recommended, reason: reason,
      history: history.adding(
        recommendation: recommended, change: replicas - current, at: now, keeping: rule.cooldown))
  }

  private static func recommendation(_ current: Int, _ pending: Int64, _ rule: ReplicaRule) -> Int {
    let capacity = Int128(rule.target) * Int128(current)
    if (Int128(pending) - capacity).magnitude * 1_000_000
      <= capacity.magnitude * UInt128(ReplicaRule.tolerance)
    {
      return current
    }
    return Int(pending / rule.target + (pending % rule.target == 0 ? 0 : 1))
  }

  private static func limited(
    _ recommended: Int, _ current: Int, _ rule: ReplicaRule, _ history: ReplicaHistory, _ now: Timestamp
  ) -> (Int, Reason) {
    var (replicas, reason) = (recommended, Reason.fits)
    if recommended < current {
      let cutoff = now + TimeSpan(milliseconds: -rule.cooldown.milliseconds)
      replicas = min(current, max(recommended, history.highest(after: cutoff) ?? recommended))
      reason = replicas > recommended ? .coolingDown : .fewerJobs
    } else if recommended > current {
      let cutoff = now + TimeSpan(milliseconds: -ReplicaRule.scaleUpWindow.milliseconds)
      let start = current - history.growth(after: cutoff)
      let allowed = max(current, start * 2, start + ReplicaRule.scaleUpStep)
      replicas = min(recommended, allowed)
      reason = replicas < recommended ? .scaleUpLimited : .moreJobs
    }
    if replicas < rule.min { return (rule.min, .minimum) }
    if replicas > rule.max || (replicas == rule.max && recommended > rule.max) {
      return (rule.max, .maximum)
    }
    return (replicas, reason)
  }
}

extension ReplicaDecision.Reason: CustomStringConvertible {
  /// Continues a message such as `2 → 3, …`.
  package var description: String {
    switch self {
    case .fits: "the pending jobs are within 10 % of the target"
    case .moreJobs: "more jobs are pending"
    case .fewerJobs: "fewer jobs are pending"
    case .coolingDown: "more replicas were needed within the cool-down"
    case .scaleUpLimited: "more replicas are needed than may be added within 15 s"
    case .minimum: "the minimum"
    case .maximum: "the maximum"
    }
  }
}
