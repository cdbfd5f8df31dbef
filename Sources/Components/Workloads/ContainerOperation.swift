internal import Model

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
}
