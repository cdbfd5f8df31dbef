package import Manifests
package import Model

// No mount of a container hides another one.
extension FieldReport {
  private struct Mount {
    let field: String
    let path: String
    /// Such as `volume data` or `writable folder /tmp`.
    let name: String
    let isVolume: Bool
  }

  /// Checks that no two mounts of a container have the same path and that none is inside another one: the
  /// order of the mounts would decide which files a program sees, and data would be written elsewhere than
  /// declared.
  /// - Parameter writable: the folders of the field `security.writable`.
  package mutating func checkMounts(
    volumes: [String: String] = [:], externalVolumes: [String: String] = [:], writable: [String: ByteCount]
  ) {
    // Writable folders come first, so that a conflict with a volume is reported at the volume.
    var mounts = writable.keys.sorted().map {
      Mount(field: "security.writable.\($0)", path: $0, name: "writable folder \($0)", isVolume: false)
    }
    for (field, volumes) in [("volumes", volumes), ("externalVolumes", externalVolumes)] {
      mounts += volumes.sorted { $0.key < $1.key }.map {
        Mount(field: "\(field).\($0.key)", path: $0.value, name: "volume \($0.key)", isVolume: true)
      }
    }
    mounts = mounts.filter { MountPath.isCanonical($0.path) }
    var byPath: [String: Mount] = [:]
    for mount in mounts {
      if let other = byPath[mount.path] {
        report(mount, in: other)
      } else {
        byPath[mount.path] = mount
      }
    }
    for mount in mounts {
      if let outer = MountPath.ancestors(of: mount.path).lazy.compactMap({ byPath[$0] }).first {
        report(mount, in: outer)
      }
    }
  }

  private mutating func report(_ mount: Mount, in outer: Mount) {
    guard outer.isVolume else {
      error(
        at: mount.field, "\(mount.path) is covered by the \(outer.name)",
        hint: mount.isVolume
          ? "mount the volume elsewhere, or declare `security.writable` without \(outer.path)"
          : "declare the outer folder only")
      return
    }
    let isSame = mount.path == outer.path
    error(
      at: mount.field,
      isSame
        ? "two volumes are mounted at \(mount.path)"
        : "\(mount.path) lies inside the \(outer.name), which is mounted at \(outer.path)",
      hint: "give each its own path")
  }
}
