internal import Autoscaling
internal import ContainerSupport
internal import JobStore
internal import Manifests
internal import Model

/// The file for Kubernetes: a Deployment of schedulers, the ScaledObject by which KEDA scales it, and the
/// TriggerAuthentication with which KEDA reads the database. KEDA decides the number of replicas, so the
/// Deployment has none.
package struct KEDAManifest: Hashable, Sendable {
  /// The path as the manifest writes it; a relative path begins at the state folder.
  package let file: String
  package let text: String

  /// Nil where schedulers do not run on Kubernetes.
  package init?(_ spec: SchedulerSpec) {
    guard case .keda(let keda) = spec.runtime else { return nil }
    file = "\(keda.folder)/\(keda.name).yaml"
    text =
      [
        "\(KEDAManifest.mark)\n", KEDAManifest.deployment(keda),
        "---\n", KEDAManifest.scaledObject(keda, spec.replicas),
        "---\n", KEDAManifest.authentication(keda),
      ].joined()
  }

  /// Whether this program wrote the file, whatever was changed below its first line.
  package static func isGenerated(_ text: String) -> Bool { text.hasPrefix(mark) }

  private static let mark = "# Written by rendertrust from a Scheduler; changes made here are written over."

  /// The same for the three objects.
  private static func metadata(_ keda: KEDARuntimeSpec) -> String {
    """
    metadata:
      name: "\(keda.name)"
      namespace: "\(keda.namespace)"
      labels: {app.kubernetes.io/name: "\(keda.name)", app.kubernetes.io/managed-by: rendertrust}
    """
  }

  private static func deployment(_ keda: KEDARuntimeSpec) -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    \(metadata(keda))
    spec:
      selector:
        matchLabels: {app.kubernetes.io/name: "\(keda.name)"}
      template:
        metadata:
          labels: {app.kubernetes.io/name: "\(keda.name)"}
        spec:
          automountServiceAccountToken: false
          securityContext:
            runAsNonRoot: true
            runAsUser: 65532
            runAsGroup: 65532
            seccompProfile: {type: RuntimeDefault}
          containers:
            - name: scheduler
              image: "\(keda.image.pullReference)"
              args: [scheduler]
              env:
                - name: \(ReplicaEnvironment.database)
                  valueFrom:
                    secretKeyRef: {name: "\(keda.secret.name)", key: "\(keda.secret.key)"}
                - name: \(ReplicaEnvironment.name)
                  valueFrom:
                    fieldRef: {fieldPath: metadata.name}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities: {drop: [ALL]}

    """
  }

  /// `cooldownPeriod` is KEDA's wait before it scales to 0; between other numbers the autoscaler's window
  /// applies.
  private static func scaledObject(_ keda: KEDARuntimeSpec, _ replicas: ReplicaSpec) -> String {
    """
    apiVersion: keda.sh/v1alpha1
    kind: ScaledObject
    \(metadata(keda))
    spec:
      scaleTargetRef:
        apiVersion: apps/v1
        kind: Deployment
        name: "\(keda.name)"
      pollingInterval: \(seconds(keda.pollingInterval))
      cooldownPeriod: \(seconds(replicas.cooldown))
      minReplicaCount: \(replicas.min)
      maxReplicaCount: \(replicas.max)
      advanced:
        horizontalPodAutoscalerConfig:
          behavior:
            scaleDown:
              stabilizationWindowSeconds: \(seconds(replicas.cooldown))
      triggers:
        - type: postgresql
          metricType: AverageValue
          metadata:
            query: "\(PendingJobs.countQuery)"
            targetQueryValue: "\(replicas.pendingJobsPerReplica)"
          authenticationRef:
            name: "\(keda.name)"

    """
  }

  private static func authentication(_ keda: KEDARuntimeSpec) -> String {
    """
    apiVersion: keda.sh/v1alpha1
    kind: TriggerAuthentication
    \(metadata(keda))
    spec:
      secretTargetRef:
        - parameter: connection
          name: "\(keda.secret.name)"
          key: "\(keda.secret.key)"

    """
  }

  /// Whole seconds, rounded up.
  private static func seconds(_ span: TimeSpan) -> Int64 { (span.milliseconds + 999) / 1000 }
}
