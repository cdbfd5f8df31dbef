package import Model
package import Placement

/// Nodes and modules as their manifests declare them.
extension Offers {
  /// By name, without nodes that left the manifests.
  package var declaredNodes: [String: FleetNode] {
    var nodes: [String: FleetNode] = [:]
    for (id, offer) in compute where !leaving.contains(id) { nodes[id.name] = FleetNode(id.name, offer) }
    return nodes
  }

  /// By name, without modules that left the manifests.
  package var declaredModules: [String: FleetModule] {
    var modules: [String: FleetModule] = [:]
    for (id, offer) in work where !leaving.contains(id) { modules[id.name] = FleetModule(id.name, offer) }
    return modules
  }

  /// Names of the accounts that nodes and modules earn into.
  var earningAccounts: Set<String> {
    let owners = compute.filter { !leaving.contains($0.key) }.map(\.value.owner)
    let developers = work.filter { !leaving.contains($0.key) }.map(\.value.developer)
    return Set(owners + developers).subtracting([""])
  }
}

extension FleetNode {
  /// What its manifest declares, for the differences that a plan shows.
  var declaration: Value {
    .members([
      "owner": .string("account/\(owner)"), "labels": .object(labels.mapValues(Value.string)),
      "gpuMemory": .string(ByteCount(bytes: gpuMemory).description),
      "gpuCount": .integer(Int64(gpuUsed.count)),
      "cores": .string(CoreCount(thousandths: cores).description), "slots": .integer(Int64(slots)),
      "memory": .string(ByteCount(bytes: memory).description), "rootless": .bool(isRootless),
      "schedulable": .bool(!isCordoned), "overflow": .bool(isOverflow),
    ])
  }
}

extension FleetModule {
  /// What its manifest declares, for the differences that a plan shows.
  var declaration: Value {
    .members([
      "jobType": .string(jobType), "image": .string("sha256:\(image)"),
      "developer": .string("account/\(developer)"),
      "needs": .members([
        "gpuMemory": .string((needs.gpuMemory ?? ByteCount(bytes: 0)).description),
        "cores": .string((needs.cores ?? CoreCount(thousandths: 0)).description),
        "memory": .string((needs.memory ?? ByteCount(bytes: 0)).description),
        "rootless": .bool(needs.isRootless),
      ]),
      "on": .object(needs.labels.mapValues(Value.string)),
      "nodes": .array(needs.nodes.map { .string($0.name) }),
      "price": unitPrice.map { .string("\($0) per \(unit)") },
    ])
  }
}
