package import Model

/// How many scheduler replicas there are for how many pending jobs. On Kubernetes the same is said to KEDA,
/// whose `ScaledObject` hands it to a HorizontalPodAutoscaler: `minReplicaCount`, `maxReplicaCount`,
/// `targetQueryValue` of the postgresql trigger (an average for each replica), and
/// `stabilizationWindowSeconds` of `advanced.horizontalPodAutoscalerConfig.behavior.scaleDown`. KEDA's own
/// `cooldownPeriod` speaks only of the way to none, which does not occur here.
package struct ReplicaRule: Hashable, Sendable {
  /// 1 or more, and no more than `most` (seeds 3.1: 1 to 10).
  package var least = 1
  package var most = 10
  /// Pending jobs for each replica, more than 0.
  package var target: Int64
  /// Replicas go only when none of the recommendations of this time wanted them. 300 s as the autoscaler has
  /// it.
  package var cooldown = TimeSpan(seconds: 300)

  /// Recommendations this near to what there is count as equal to it, in parts per million: the autoscaler's
  /// 10 %.
  package static let tolerance: Int64 = 100_000
  /// Within `riseWindow` the replicas at most double, or become `riseAtOnce` more if that is more: the
  /// autoscaler's defaults.
  package static let riseAtOnce = 4
  package static let riseWindow = TimeSpan(seconds: 15)

  package init(target: Int64) { self.target = target }
}
