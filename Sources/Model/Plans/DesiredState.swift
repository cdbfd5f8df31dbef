/// The desired state of one environment: the content of the manifests, validated and complete.
package struct DesiredState: Sendable {
  package let environment: String
  package let allowsMockGPUs: Bool
  /// Sorted by id. Every reference leads to a resource of this list, and there is no cycle.
  package let resources: [AnyResource]
  /// Digest over ids, spec digests and modes: equal digests mean equal desired states.
  package let digest: Digest

  package init(environment: String, allowsMockGPUs: Bool, resources: [AnyResource]) {
    self.environment = environment
    self.allowsMockGPUs = allowsMockGPUs
    self.resources = resources.sorted { $0.id < $1.id }
    var bytes: [UInt8] = Array("\(environment) \(allowsMockGPUs)\n".utf8)
    bytes.reserveCapacity(resources.count * 100)
    for index in self.resources.indices {
      let resource = self.resources[index]
      for part in [
        resource.id.kind, "/", resource.id.name, " ", resource.digest.hex, " ",
        resource.metadata.mode.rawValue, "\n",
      ] {
        bytes.append(contentsOf: part.utf8)
      }
    }
    digest = Digest(of: bytes)
  }
}

extension DesiredState {
  /// The position of a resource in the sorted list; nil when it is not desired.
  package func index(of id: ResourceID) -> Int? {
    var (low, high) = (0, resources.count)
    while low < high {
      let middle = (low + high) / 2
      if resources[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < resources.count && resources[low].id == id ? low : nil
  }

  /// The resource with this id; nil when it is not desired.
  package subscript(_ id: ResourceID) -> AnyResource? { index(of: id).map { resources[$0] } }

  /// The id of the resource that describes this environment, whether or not it exists.
  package var environmentID: ResourceID { ResourceID(kind: "Environment", name: environment) }
}
