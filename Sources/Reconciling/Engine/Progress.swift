package import Model

/// What happens during a pass, for terminals, logs and metrics.
package enum Progress: Sendable {
  case observing(count: Int)
  case planned(Plan)
  case started(ResourceID, step: AnyStep)
  case finished(ResourceID, step: AnyStep, after: TimeSpan, error: BackendError?)
  /// The pass is over for these resources.
  case settled([ResourceStatus])
  case note(Event)
  /// The state of the loop itself, for metrics.
  case loop(LoopEvent)
}

/// What happens in the loop. Consumers add up counts.
package enum LoopEvent: Sendable {
  /// The loop handled an input. `queued` resources are due now or later, `inFlight` are part of a pass.
  case round(queued: Int, inFlight: Int, revision: Int64)
  /// The status of these resources was recorded, this long after each became due.
  case reconciled([ResourceID: TimeSpan])
  /// One batched observation of a kind.
  case observed(kind: String, count: Int, failures: Int, after: TimeSpan)
  /// The loop began or ended to wait for manifests that remove resources; empty when it ended.
  case pendingRemovals([PendingRemoval])
  /// The state could not be read or written.
  case storeFailed(StoreError)
}

package typealias ProgressHandler = @Sendable (Progress) -> Void
