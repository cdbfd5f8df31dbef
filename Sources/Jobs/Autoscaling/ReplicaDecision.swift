package import Model

/// How many scheduler replicas there shall be. Pure, and the same as KEDA and the HorizontalPodAutoscaler
/// behind it decide from the same numbers (kubernetes.io, "Horizontal Pod Autoscaling", algorithm details,
/// for a metric averaged over replicas):
///
/// 1. Recommended is the number of pending jobs divided by the target, rounded up; the present number where
///    the jobs are within 10 % of what that is there for.
/// 2. Fewer than now: only down to the most that was recommended within the cool-down.
/// 3. More than now: within 15 s at most twice as many, or 4 more.
/// 4. Never less than the least nor more than the most; where there are, that is mended first, whatever is
///    pending.
///
/// The first decision of all counts what there is as recommended at that moment.
package struct ReplicaDecision: Hashable, Sendable {
  package enum Reason: String, Hashable, Sendable {
    /// The jobs are what the replicas are there for, give or take 10 %.
    case fits
    case moreJobs
    case fewerJobs
    /// Fewer would do, but more were needed a while ago.
    case coolingDown
    /// More are needed than may come at once.
    case risingSlowly
    case least, most
  }

  package let replicas: Int
  /// What the pending jobs ask for, before limits and cool-down.
  package let recommended: Int
  package let reason: Reason
  /// To be handed to the next decision.
  package let history: ReplicaHistory

  /// - Parameters:
  ///   - current: replicas that there are.
  ///   - pending: jobs that wait.
  package static func make(
    current: Int, pending: Int64, rule: ReplicaRule, history: ReplicaHistory, now: Timestamp
  ) -> ReplicaDecision {
    if current < rule.least || current > rule.most {
      let limit = current < rule.least ? rule.least : rule.most
      return ReplicaDecision(
        replicas: limit, recommended: limit, reason: current < rule.least ? .least : .most,
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
      let cutoff = now + TimeSpan(milliseconds: -ReplicaRule.riseWindow.milliseconds)
      let start = current - history.growth(after: cutoff)
      let allowed = max(current, start * 2, start + ReplicaRule.riseAtOnce)
      replicas = min(recommended, allowed)
      reason = replicas < recommended ? .risingSlowly : .moreJobs
    }
    if replicas < rule.least { return (rule.least, .least) }
    if replicas > rule.most || (replicas == rule.most && recommended > rule.most) {
      return (rule.most, .most)
    }
    return (replicas, reason)
  }
}

extension ReplicaDecision.Reason: CustomStringConvertible {
  /// Follows how many there were and how many there shall be.
  package var description: String {
    switch self {
    case .fits: "the waiting jobs are what they are there for, within 10 %"
    case .moreJobs: "more jobs wait"
    case .fewerJobs: "fewer jobs wait"
    case .coolingDown: "fewer would do, but more were needed within the cool-down"
    case .risingSlowly: "more are needed than may come within 15 s"
    case .least: "there are never fewer"
    case .most: "there are never more"
    }
  }
}
