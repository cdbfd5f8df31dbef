package import ContainerSupport
internal import Model

/// Schedulers as containers of the controller's own engine, which starts those again that end. They go on
/// when the server ends, and the next one finds them by their labels.
package struct ReplicaContainers: ReplicaKeeper {
  private let workloads: WorkloadSupport
  private let owner: String

  /// - Parameter owner: marks what this controller made.
  package init(_ workloads: WorkloadSupport, owner: String) {
    self.workloads = workloads
    self.owner = owner
  }

  package func keep(_ count: Int, _ docker: DockerReplicas?, of scheduler: String)
    async throws(ReplicaProblem) -> Int
  {
    do throws(BackendError) {
      return try await make(docker == nil ? 0 : count, docker, ResourceID(kind: "Scheduler", name: scheduler))
    } catch {
      throw ReplicaProblem(error.description)
    }
  }

  private func make(_ count: Int, _ docker: DockerReplicas?, _ id: ResourceID) async throws(BackendError)
    -> Int
  {
    let engine = try workloads.engines.engine(at: .local)
    var found = try await engine.containers(of: [id], owner: owner).map(\.observation)
    var wanted: [(plan: ContainerPlan, there: ContainerObservation?)] = []
    for replica in 0..<count {
      guard let docker else { break }
      let plan = plan(docker, replica, id)
      let place = found.firstIndex { $0.labels.replica == replica && $0.wasMade(from: plan) }
      wanted.append((plan, place.map { found.remove(at: $0) }))
    }
    for container in found { try await workloads.runner.run(.remove(container.handle), owner: owner) }
    for (plan, there) in wanted {
      switch there?.state {
      case nil: try await workloads.runner.run(.create(plan), owner: owner)
      case .running, .restarting: break
      case .created, .paused, .exited, .dead:
        if let there { try await workloads.runner.run(.start(there.handle, plan), owner: owner) }
      }
    }
    return wanted.count
  }

  private func plan(_ docker: DockerReplicas, _ replica: Int, _ id: ResourceID) -> ContainerPlan {
    ContainerPlan(
      resource: id, replica: replica, engine: .local,
      template: ContainerTemplate(
        image: docker.image, command: ["scheduler"],
        environment: [
          ReplicaEnvironment.database: .secret(docker.connection),
          ReplicaEnvironment.name: .plain("docker-\(owner)-\(replica)"),
        ]), limits: docker.limits, health: .running)
  }
}
