package import Model

/// The number of scheduler replicas for a number of pending jobs. The corresponding fields on Kubernetes are
/// `minReplicaCount`, `maxReplicaCount` and the postgresql trigger's `targetQueryValue` (an average per
/// replica) of KEDA's `ScaledObject`, and `stabilizationWindowSeconds` of the HorizontalPodAutoscaler that it
/// creates (`advanced.horizontalPodAutoscalerConfig.behavior.scaleDown`). KEDA's `cooldownPeriod` only
/// concerns scaling to zero, which does not happen here.
package struct ReplicaRule: Hashable, Sendable {
  /// 1 or more, and at most `max` (seeds 3.1: 1 to 10).
  package var min = 1
  package var max = 10
  /// Pending jobs per replica, more than 0.
  package var target: Int64
  /// Replicas are removed only when no recommendation of this time needed them. 300 s is the autoscaler's
  /// default.
  package var cooldown = TimeSpan(seconds: 300)

  /// A deviation from the target, in parts per million, that changes nothing: the autoscaler's 10 %.
  package static let tolerance: Int64 = 100_000
  /// Within `scaleUpWindow` the number of replicas at most doubles, or grows by `scaleUpStep` where that is
  /// more: the autoscaler's defaults.
  package static let scaleUpStep = 4
  package static let scaleUpWindow = TimeSpan(seconds: 15)

  package init(target: Int64) { self.target = target }
}
