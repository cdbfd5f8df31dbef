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
}

package typealias ProgressHandler = @Sendable (Progress) -> Void
