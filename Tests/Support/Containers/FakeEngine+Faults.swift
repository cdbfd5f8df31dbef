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
      let otherLabels = ContainerLabels(of: .anything, owner: "another-owner")
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

extension ContainerPlan {
  fileprivate static let anything = ContainerPlan(
    resource: ResourceID(kind: "Other", name: "thing"), engine: .local,
    template: ContainerTemplate(image: .sample("other")),
    limits: ContainerLimits(memory: nil, cores: nil, pids: nil), health: .running)
}
