package import ContainerSupport
package import Model
import Synchronization

/// Faults, and changes that other clients of the engine make.
extension FakeEngine {
  package func setReachable(_ isReachable: Bool) { state.withLock { $0.isReachable = isReachable } }
  package func makeCrash(_ image: PinnedImage) { _ = state.withLock { $0.crashing.insert(image.digest) } }
  package func makeUnhealthy(_ image: PinnedImage) {
    _ = state.withLock { $0.unhealthy.insert(image.digest) }
  }

  /// Creates all containers otherwise than requested, as an engine with defaults of its own does.
  package func setCreation(_ change: @escaping @Sendable (inout ContainerShape) -> Void) {
    state.withLock { $0.creation = change }
  }

  /// Fails every changing call after this many, as if the controller were killed. Nil: no call fails.
  /// - Parameter effect: whether the failed calls may still take effect.
  package func failAfter(changes: Int?, effect: StepEffect = .settled) {
    state.withLock { state in
      state.callsLeft = changes
      state.failureEffect = effect
    }
  }

  /// Changes a container as another client of the engine does.
  package func changeOutOfBand(_ name: String, _ change: (inout ContainerObservation) -> Void) {
    state.withLock { state in
      guard let id = state.containers.first(where: { $0.value.inspected.observation.name == name })?.key
      else {
        return
      }
      change(&state.containers[id]!.inspected.observation)
    }
  }

  /// Removes the marks that containers of version 0.4.0 do not have.
  package func makeFormer(_ name: String) {
    state.withLock { state in
      for (id, container) in state.containers where container.inspected.observation.name == name {
        state.containers[id]?.labels[ContainerLabels.environment] = nil
        state.containers[id]?.inspected.observation.labels = container.inspected.observation.labels.former
      }
    }
  }

  package func removeOutOfBand(_ name: String) {
    state.withLock { state in
      state.containers = state.containers.filter { $0.value.inspected.observation.name != name }
    }
  }

  package func removeVolumeOutOfBand(_ name: String) { state.withLock { $0.volumes[name] = nil } }

  /// Adds a container that the controller did not create.
  package func addUnmanaged(_ name: String, labels: [String: String] = [:]) {
    state.withLock { state in
      state.next += 1
      let otherLabels = ContainerLabels(
        of: .anything, marks: Marks(controller: "another-owner", environment: "dev"))
      let observation = ContainerObservation(
        id: "unmanaged-\(state.next)", name: name, engine: .local, labels: otherLabels, image: "",
        state: .running,
        limits: ContainerLimits(memory: nil, cores: nil, pids: nil))
      state.containers[observation.id] = Container(
        inspected: InspectedContainer(observation: observation, address: nil), labels: labels, request: nil)
    }
  }

  /// Closes all event streams, as an engine does that restarts.
  package func endWatches() {
    let watchers = state.withLock { state in
      defer { state.watchers = [] }
      return state.watchers
    }
    for watcher in watchers { watcher.finish() }
  }

  package var watcherCount: Int { state.withLock { $0.watchers.count } }

  /// Reports a change of a container of this resource to all watchers.
  package func notifyWatchers(_ id: ResourceID) {
    for watcher in state.withLock({ $0.watchers }) { watcher.yield(id) }
  }
}

extension ContainerLabels {
  fileprivate var former: ContainerLabels {
    ContainerLabels(
      owner: owner, environment: nil, resource: resource, replica: replica, node: node, spec: spec)
  }
}

extension ContainerPlan {
  fileprivate static let anything = ContainerPlan(
    resource: ResourceID(kind: "Other", name: "thing"), engine: .local,
    template: ContainerTemplate(image: .sample("other")),
    limits: ContainerLimits(memory: nil, cores: nil, pids: nil), health: .running)
}
