internal import Model

/// What the containers of a resource say about its image and limits: the inverse of comparing them with a plan.
package struct WorkloadExport: Sendable {
  /// Nil where the containers do not agree, or say nothing.
  package private(set) var image: PinnedImage?
  package private(set) var limits: ContainerLimits?
  /// What a plan would still do.
  package private(set) var remarks: [String] = []

  /// - Parameter declared: what the resource says now.
  package init(_ containers: [ContainerObservation], declared: (image: PinnedImage, limits: ContainerLimits))
  {
    let images = Set(containers.map(\.image))
    if let only = images.first, images.count == 1 {
      let seen = PinnedImage(only)
      let isSame = containers.contains { $0.adopted != nil } || only == declared.image.pullReference
      image = isSame ? declared.image : seen
    } else {
      remarks.append("its containers run \(images.count) different images")
    }
    let all = Set(containers.map(\.limits))
    if let only = all.first, all.count == 1 {
      limits = only
      if only.memory == nil || only.cores == nil || only.pids == nil {
        remarks.append("a limit was taken away, which no manifest can say")
      }
    } else {
      remarks.append("its containers have different limits")
    }
    for container in containers where container.state != .running {
      remarks.append("container \(container.name) does not run")
    }
  }
}
