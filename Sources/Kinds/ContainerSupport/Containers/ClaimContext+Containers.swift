package import Model

// The engine's names of what the kinds with containers own.
extension ClaimContext {
  /// The engine's name of a volume of a resource. A volume keeps the name under which it was recorded, also
  /// when its resource has another name; a new volume never gets the name of one that another resource keeps.
  package func volumeName(_ volume: String, of id: ResourceID) -> String {
    physicalName(of: id, role: ClaimContext.role(ofVolume: volume))
      ?? formerName(of: id).map { "\($0)-\(volume)" }
      ?? unusedName("\(marks.namePrefix(of: id))_\(volume)", for: id, holdings: holdings.named)
  }

  /// The engine's names of a resource's own volumes and their mount paths.
  package func mounts<Spec: ContainerizedSpec>(of resource: Resource<Spec>) -> [String: String] {
    Dictionary(
      resource.spec.ownVolumes.map { (volumeName($0.key, of: resource.id), $0.value) },
      uniquingKeysWith: { first, _ in first })
  }

  package static func role(ofVolume volume: String) -> String { "volume.\(volume)" }

  /// The engine's name of the record of a node.
  package func recordName(of id: ResourceID) -> String {
    physicalName(of: id, role: ClaimContext.recordRole) ?? formerName(of: id)
      ?? unusedName(marks.namePrefix(of: id), for: id, holdings: holdings.named)
  }

  package static let recordRole = "record"

  /// The beginning of the names that programs before 0.5.0 gave to what a resource owns; nil for a
  /// resource that they did not create.
  private func formerName(of id: ResourceID) -> String? {
    for holding in holdings.of(holder(of: id), in: environment) {
      guard case .unmarked(let resource) = holding.thing else { continue }
      return "rt-\(controller)-\(resource.kind.lowercased())-\(resource.name)"
    }
    return nil
  }

  private var marks: Marks { Marks(controller: controller, environment: environmentMark) }
}
