package import Model

extension DrainScope {
  /// The scope of the jobs that a planned container runs. Nil where it is on no node.
  package init?(_ plan: ContainerPlan) {
    guard let node = plan.node else { return nil }
    self.init(module: plan.resource, node: node, image: plan.template.image.digest)
  }

  /// The scope of the jobs that an existing container runs. Nil where it is on no node or its image has no
  /// digest.
  package init?(_ container: ContainerObservation) {
    guard let node = container.labels.node, let image = PinnedImage(container.image) else { return nil }
    self.init(module: container.labels.resource, node: node, image: image.digest)
  }
}

extension ContainerObservation {
  /// Whether attempts may run in the container.
  package var mayRunJobs: Bool {
    switch state {
    case .running, .paused, .restarting: true
    case .created, .exited, .dead: false
    }
  }
}
