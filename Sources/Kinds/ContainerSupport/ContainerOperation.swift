package import Model

/// What a step of a resource that runs containers does. Every operation may be repeated.
package enum ContainerOperation: StepOperation {
  /// Pulls, creates and starts; done once it is healthy.
  case create(ContainerPlan)
  /// Makes the new one work first and removes the old one then; when the new one fails, it goes and the old one stays.
  case replaceAfter(ContainerPlan, old: ContainerHandle)
  /// Stops the old one first, because both want the same ports or volumes; when the new one fails, it goes and the
  /// old one is started again.
  case replaceBefore(ContainerPlan, old: ContainerHandle)
  /// Starts, or unpauses; done once it is healthy.
  case start(ContainerHandle, ContainerPlan)
  /// Changes limits of a running container.
  case update(ContainerHandle, ContainerLimits)
  /// Stops and removes the container; its volumes stay.
  case remove(ContainerHandle)

  /// How long it may take. An image may be large and its registry far away; waiting for health has a limit of its own
  /// in the manifest.
  package var deadline: TimeSpan {
    switch self {
    case .create(let plan), .replaceAfter(let plan, old: _), .replaceBefore(let plan, old: _):
      TimeSpan(milliseconds: ContainerOperation.pull.milliseconds + plan.health.within.milliseconds)
    case .start(_, let plan):
      TimeSpan(milliseconds: ContainerOperation.call.milliseconds + plan.health.within.milliseconds)
    case .update, .remove: ContainerOperation.call
    }
  }

  private static let pull = TimeSpan(seconds: 35 * 60)
  private static let call = TimeSpan(seconds: 5 * 60)
}
