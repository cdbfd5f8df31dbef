package import Manifests

// Validation rules of every kind that runs containers.
extension FieldReport {
  /// Checks the names of environment variables: those that Kubernetes accepts.
  package mutating func checkVariables(_ environment: [String: EnvironmentSource], at field: String) {
    for name in environment.keys.sorted() {
      let isName =
        name.utf8.first.map { !(48...57).contains($0) } ?? false
        && name.utf8.allSatisfy { FieldReport.isWordByte($0) }
      if !isName {
        error(
          at: "\(field).\(name)", "‘\(name)’ is not a name of an environment variable",
          hint:
            "names have ASCII letters, digits, ‘_’, ‘.’ and ‘-’ and do not begin with a digit, for example "
            + "`LOG_LEVEL`")
      }
    }
  }

  /// Checks volumes by the engine's names.
  package mutating func checkExternalVolumes(_ external: [String: String], at field: String) {
    for (name, path) in external.sorted(by: { $0.key < $1.key }) {
      let isName =
        name.utf8.first.map { $0 != 45 && $0 != 46 && $0 != 95 } ?? false
        && name.utf8.allSatisfy { FieldReport.isWordByte($0) }
      if !isName {
        error(
          at: "\(field).\(name)", "‘\(name)’ is not a name of a volume",
          hint: "copy it from `docker volume ls`")
      }
      checkMountPath(path, at: "\(field).\(name)", hint: "for example `legacy-data: /var/lib/data`")
    }
  }

  /// Checks the names and mount paths of the resource's own volumes.
  package mutating func checkVolumes(_ volumes: [String: String], at field: String) {
    for (name, path) in volumes.sorted(by: { $0.key < $1.key }) {
      let isName =
        !name.isEmpty
        && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
      if !isName {
        error(
          at: "\(field).\(name)", "volume names have lowercase letters, digits and ‘-’, found ‘\(name)’",
          hint: "for example `data: /var/lib/data`")
      }
      checkMountPath(
        path, at: "\(field).\(name)",
        hint: "for example `data: /var/lib/data`; folders of the host are never mounted")
    }
  }

  private mutating func checkMountPath(_ path: String, at field: String, hint: String) {
    if !MountPath.isCanonical(path) {
      error(
        at: field,
        "a volume is mounted at an absolute path below / without ‘.’, ‘..’, ‘//’ and ‘/’ at its end, found "
          + "‘\(path)’", hint: hint)
    } else if MountPath.isKernelFolder(path) {
      error(at: field, "\(path) belongs to the kernel, nothing can be mounted there", hint: hint)
    }
  }

  /// ASCII letters, digits, `-`, `.` and `_`.
  static func isWordByte(_ byte: UInt8) -> Bool {
    (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte)
      || [45, 46, 95].contains(byte)
  }
}
