// The inverse of what the settings of a manifest say about a container.

extension LimitSettings {
  /// The inverse of `limits`. A limit that is nil keeps its value in `other`.
  package init(_ limits: ContainerLimits, else other: LimitSettings) {
    self = other
    memory = limits.memory ?? other.memory
    cores = limits.cores ?? other.cores
    pids = limits.pids ?? other.pids
  }
}

extension SecuritySettings {
  /// The inverse of `security`.
  package init(_ security: ContainerSecurity) {
    self.init()
    user = security.user
    readOnlyRoot = security.readOnlyRoot
    capabilities = security.addedCapabilities
    writable = security.writable
  }
}
