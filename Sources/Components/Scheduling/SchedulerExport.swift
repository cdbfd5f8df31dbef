package import Component
package import Model

/// What a scheduler is written as so that what it was told is as declared.
package enum SchedulerExport {
  package static func export(
    _ scheduler: Resource<SchedulerSpec>, _ observed: SchedulerObserved, _ context: ReconcileContext
  ) -> Exported<SchedulerSpec> {
    guard let settings = observed.settings, settings != scheduler.spec.settings else {
      return Exported(scheduler.spec)
    }
    return Exported(scheduler.spec.saying(settings))
  }
}
