// From what containers are to what manifests say.

extension LimitSettings {
  /// The inverse of `limits`; what is not limited stays as `other` has it.
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
