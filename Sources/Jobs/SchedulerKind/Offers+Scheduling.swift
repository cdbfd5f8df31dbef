package import Model

extension Offers {
  /// Nodes that jobs may go to, by name; those that leave are not among them.
  package var schedulerNodes: [String: SchedulerNode] {
    var nodes: [String: SchedulerNode] = [:]
    for (id, offer) in compute where !leaving.contains(id) { nodes[id.name] = SchedulerNode(id.name, offer) }
    return nodes
  }

  /// Modules that jobs may be of, by name.
  package var schedulerModules: [String: SchedulerModule] {
    var modules: [String: SchedulerModule] = [:]
    for (id, offer) in work where !leaving.contains(id) {
      modules[id.name] = SchedulerModule(id.name, offer)
    }
    return modules
  }
}
