package import Model

/// The resource limits of a container, which can be changed while it runs.
package struct ContainerLimits: Hashable, Sendable, Codable {
  /// Memory without swap. Nil: unlimited, which an engine may report and no manifest can declare.
  package var memory: ByteCount?
  package var cores: CoreCount?
  package var pids: Int64?

  package init(memory: ByteCount?, cores: CoreCount?, pids: Int64?) {
    self.memory = memory
    self.cores = cores
    self.pids = pids
  }

  /// The differences from these limits to `other`, by the names of the fields in a manifest.
  package func changes(to other: ContainerLimits) -> [FieldChange] {
    FieldChange.between(value, other.value, at: "limits")
  }

  private var value: Value {
    .members([
      "memory": memory.map { .string($0.description) },
      "cores": cores.map { .string($0.description) },
      "pids": pids.map(Value.integer),
    ])
  }
}
