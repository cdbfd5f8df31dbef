package import Model

/// What happens during a pass, for whoever shows it.
package enum Progress: Sendable {
  case observing(count: Int)
  case planned(Plan)
  case started(ResourceID, step: AnyStep)
  case finished(ResourceID, step: AnyStep, after: TimeSpan, error: BackendError?)
  /// The pass is over for these resources.
  case settled([ResourceStatus])
  /// A line for the log that belongs to no step.
  case note(Event)
  /// How the loop itself is doing, for whoever measures it.
  case loop(LoopEvent)
}

/// What the loop tells about itself. Whoever measures it adds up.
package enum LoopEvent: Sendable {
  /// The loop went round: so many resources are due now or later, so many are looked at, for this revision.
  case round(queued: Int, inFlight: Int, revision: Int64)
  /// These were looked at and recorded, so long after they became due.
  case reconciled([ResourceID: TimeSpan])
  /// A kind's system was looked at in one go.
  case observed(kind: String, count: Int, failures: Int, after: TimeSpan)
  /// The state could not be read or written.
  case storeFailed(StoreError)
}

package typealias ProgressHandler = @Sendable (Progress) -> Void
