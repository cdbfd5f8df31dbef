package import Model

/// The operation of a step on containers. Every operation may be repeated.
package enum ContainerOperation: StepOperation {
  /// Pulls the image, creates and starts the container. Completes once it is healthy.
  case create(ContainerPlan)
  /// Creates the new container and removes the old one once the new one is healthy. If the new one fails, it
  /// is removed and the old one stays unchanged.
  case replaceAfter(ContainerPlan, old: ContainerHandle)
  /// Stops the old container first, because both use the same ports or volumes. If the new one fails, it is
  /// removed and the old one is started again.
  case replaceBefore(ContainerPlan, old: ContainerHandle)
  /// Starts or unpauses the container. Completes once it is healthy.
  case start(ContainerHandle, ContainerPlan)
  /// Changes the limits of a running container.
  case update(ContainerHandle, ContainerLimits)
  /// Stops and removes the container. Its volumes stay.
  case remove(ContainerHandle)

  /// How long the operation may take. Pulling a large image over a slow connection dominates; the wait for
  /// health has a limit of its own in the manifest.
  package var deadline: TimeSpan {
    switch self {
    case .create(let plan), .replaceAfter(let plan, old: _), .replaceBefore(let plan, old: _):
      ContainerOperation.pull + plan.health.within
    case .start(_, let plan):
      ContainerOperation.call + plan.health.within
    case .update, .remove: ContainerOperation.call
    }
  }

  private static let pull = TimeSpan(seconds: 35 * 60)
  private static let call = TimeSpan(seconds: 5 * 60)
}
