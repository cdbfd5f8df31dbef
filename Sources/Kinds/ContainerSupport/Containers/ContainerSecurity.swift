package import Model

/// The privileges of a container. The defaults are the strictest: an unprivileged user, no capabilities, no
/// new privileges, a read-only root and one writable folder in memory. The engine's default seccomp profile
/// is never switched off (seeds 5, edge container escape).
package struct ContainerSecurity: Hashable, Sendable, Codable {
  /// User and group inside the container, numeric or by name.
  package var user = ContainerSecurity.unprivilegedUser
  package var readOnlyRoot = true
  /// Capabilities that are added after all were dropped, such as `NET_BIND_SERVICE`.
  package var addedCapabilities: [String] = []
  /// Writable folders in memory, with their size.
  package var writable = ["/tmp": ContainerSecurity.temporaryFolderSize]

  package static let strict = ContainerSecurity()
  package static let unprivilegedUser = "65532:65532"
  package static let temporaryFolderSize = ByteCount(bytes: 64 << 20)
}
