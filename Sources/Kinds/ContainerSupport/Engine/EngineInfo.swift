package import Model

/// Properties of an engine and its machine.
package struct EngineInfo: Hashable, Sendable {
  /// Such as `20.10.24`.
  package var version: String
  package var cores: Int
  package var memory: ByteCount
  package var isRootless: Bool
  package var hasSeccomp: Bool
  /// Names of OCI runtimes, such as `runc` and `nvidia`.
  package var runtimes: [String]
  /// `1` or `2`.
  package var cgroupVersion: String

  package init(
    version: String, cores: Int, memory: ByteCount, isRootless: Bool, hasSeccomp: Bool, runtimes: [String],
    cgroupVersion: String
  ) {
    self.version = version
    self.cores = cores
    self.memory = memory
    self.isRootless = isRootless
    self.hasSeccomp = hasSeccomp
    self.runtimes = runtimes
    self.cgroupVersion = cgroupVersion
  }

  /// The NVIDIA container toolkit registers itself as a runtime.
  package var hasGPURuntime: Bool { runtimes.contains("nvidia") }
}
