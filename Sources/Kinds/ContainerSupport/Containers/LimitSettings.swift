package import Manifests
package import Model

/// The field `limits` of a container.
package struct LimitSettings: ManifestObject, Hashable {
  package var memory = ByteCount(bytes: 512 << 20)
  package var cores = CoreCount(cores: 1)
  package var pids: Int64 = 256

  package init() {}

  package static let fields = Fields<Self>("The resources that a container may use; changed while it runs") {
    Field(
      "memory", \.memory, "Memory without swap; a container that exceeds it is restarted",
      .min(ByteCount(bytes: 6 << 20)))
    Field("cores", \.cores, "Processor time", .range(CoreCount(thousandths: 10)...CoreCount(cores: 1024)))
    Field("pids", \.pids, "Processes and threads", .range(1...1_000_000))
  }

  package var limits: ContainerLimits { ContainerLimits(memory: memory, cores: cores, pids: pids) }
}
