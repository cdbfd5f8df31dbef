package import ContainerSupport
internal import Model

/// Runs schedulers as containers of the controller's own engine, which restarts those that exit. They outlive
/// the server; the next one finds them by their labels.
package struct ReplicaContainers: ReplicaScaler {
  private let workloads: ContainerToolkit
  private let marks: Marks

  package init(_ workloads: ContainerToolkit, _ marks: Marks) {
    self.workloads = workloads
    self.marks = marks
  }

  package func scale(
    to count: Int, _ docker: DockerReplicas?, of scheduler: String
  ) async throws(ReplicaProblem) -> Int {
    do throws(BackendError) {
      return try await scale(
        to: docker == nil ? 0 : count, docker, ResourceID(kind: "Scheduler", name: scheduler))
    } catch {
      throw ReplicaProblem(error.description)
    }
  }

  private func scale(
    to count: Int, _ docker: DockerReplicas?, _ id: ResourceID
  ) async throws(BackendError) -> Int {
    let engine = try workloads.engines.engine(at: .local)
    var found = try await engine.containers(of: [id], marks).map(\.observation)
    var desired: [(plan: ContainerPlan, existing: ContainerObservation?)] = []
    for replica in 0..<count {
      guard let docker else { break }
      let plan = plan(docker, replica, id)
      let index = found.firstIndex { $0.labels.replica == replica && $0.matches(plan) }
      desired.append((plan, index.map { found.remove(at: $0) }))
    }
    for container in found { try await workloads.runner.run(.remove(container.handle), marks) }
    for (plan, existing) in desired {
      switch existing?.state {
      case nil: try await workloads.runner.run(.create(plan), marks)
      case .running, .restarting: break
      case .created, .paused, .exited, .dead:
        if let existing { try await workloads.runner.run(.start(existing.handle, plan), marks) }
      }
    }
    return desired.count
  }

  private func plan(_ docker: DockerReplicas, _ replica: Int, _ id: ResourceID) -> ContainerPlan {
    ContainerPlan(
      resource: id, replica: replica, engine: .local,
      template: ContainerTemplate(
        image: docker.image, command: ["scheduler"],
        environment: [
          ReplicaEnvironment.database: .secret(docker.connection),
          ReplicaEnvironment.name: .plain("docker-\(marks.controller)-\(replica)"),
        ]), limits: docker.limits, health: .running)
  }
}
