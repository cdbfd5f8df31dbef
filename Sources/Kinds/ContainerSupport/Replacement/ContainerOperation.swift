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
  /// Sets the limits, swap and restart policy of a container, running or not.
  case update(ContainerHandle, ContainerLimits)
  /// Connects the container to its network and to no other one. Starts it again where its ports are not
  /// published afterwards. Completes once it is healthy.
  case connect(ContainerHandle, ContainerPlan)
  /// Stops the container, so that another one can have its host ports.
  case stop(ContainerHandle)
  /// Stops and removes the container. Its volumes stay.
  case remove(ContainerHandle)
  /// Creates the new container while the old one continues. Completes once the new one is healthy; if it
  /// fails, it is removed.
  case createBeside(ContainerPlan, old: ContainerHandle)
  /// Gives the scope no new jobs. Completes once its jobs have ended; those that still run after the time are
  /// preempted. New jobs of the module run with the image of the successor, if there is one.
  case drain(DrainScope, successor: Digest?, within: TimeSpan, because: String)
  /// Lets the scope take jobs again.
  case release(DrainScope)

  /// How long the operation may take. Pulling a large image over a slow connection dominates; the wait for
  /// health has a limit of its own in the manifest.
  package var deadline: TimeSpan {
    switch self {
    case .create(let plan), .createBeside(let plan, old: _), .replaceAfter(let plan, old: _),
      .replaceBefore(let plan, old: _):
      ContainerOperation.pull + plan.health.within
    case .start(_, let plan), .connect(_, let plan):
      ContainerOperation.call + plan.health.within
    case .drain(_, successor: _, within: let limit, because: _): limit + ContainerOperation.call
    case .update, .stop, .remove, .release: ContainerOperation.call
    }
  }

  private static let pull = TimeSpan(seconds: 35 * 60)
  private static let call = TimeSpan(seconds: 5 * 60)
}
