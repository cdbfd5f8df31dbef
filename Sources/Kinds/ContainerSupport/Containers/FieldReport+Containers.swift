package import Manifests

// Validation rules of every kind that runs containers.
extension FieldReport {
  /// Checks the names of environment variables.
  package mutating func checkVariables(_ environment: [String: EnvironmentSource], at field: String) {
    for name in environment.keys.sorted() where name.isEmpty || name.contains("=") || name.contains("\0") {
      error(
        at: "\(field).\(name)", "‘\(name)’ is not a name of an environment variable",
        hint: "for example `LOG_LEVEL`")
    }
  }

  /// Checks volumes by the engine's names, and that no path is also that of one of the resource's own
  /// volumes.
  package mutating func checkExternalVolumes(
    _ external: [String: String], beside volumes: [String: String], at field: String
  ) {
    for (name, path) in external.sorted(by: { $0.key < $1.key }) {
      let isName =
        name.utf8.first.map { $0 != 45 && $0 != 46 && $0 != 95 } ?? false
        && name.utf8.allSatisfy {
          (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0)
            || [45, 46, 95].contains($0)
        }
      if !isName {
        error(
          at: "\(field).\(name)", "‘\(name)’ is not a name of a volume",
          hint: "copy it from `docker volume ls`")
      }
      checkMountPath(path, at: "\(field).\(name)", hint: "for example `legacy-data: /var/lib/data`")
    }
    let paths = Array(external.values) + Array(volumes.values)
    if Set(paths).count < paths.count {
      error(at: field, "two volumes are mounted at the same path", hint: "give each its own path")
    }
  }

  /// Checks the names and mount paths of the resource's own volumes.
  package mutating func checkVolumes(_ volumes: [String: String], at field: String) {
    var taken: Set<String> = []
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
      if !taken.insert(path).inserted {
        error(at: "\(field).\(name)", "two volumes are mounted at \(path)", hint: "give each its own path")
      }
    }
  }

  private mutating func checkMountPath(_ path: String, at field: String, hint: String) {
    let isBelowRoot = path.hasPrefix("/") && path != "/" && !path.split(separator: "/").contains("..")
    if !isBelowRoot {
      error(at: field, "a volume is mounted at an absolute path below /, found ‘\(path)’", hint: hint)
    }
  }
}
