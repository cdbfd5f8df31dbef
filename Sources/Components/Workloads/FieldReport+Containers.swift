package import Manifests

// Rules between fields that every kind that runs containers has.
extension FieldReport {
  /// Names of environment variables.
  package mutating func checkVariables(_ environment: [String: EnvironmentSource], at field: String) {
    for name in environment.keys.sorted() where name.isEmpty || name.contains("=") || name.contains("\0") {
      error(
        at: "\(field).\(name)", "‘\(name)’ is no name of an environment variable",
        hint: "for example `LOG_LEVEL`")
    }
  }

  /// Names of volumes and where they stand.
  package mutating func checkVolumes(_ volumes: [String: String], at field: String) {
    var taken: Set<String> = []
    for (name, path) in volumes.sorted(by: { $0.key < $1.key }) {
      let isName =
        !name.isEmpty
        && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
      if !isName {
        error(
          at: "\(field).\(name)", "volume names have lower-case letters, digits and ‘-’, found ‘\(name)’",
          hint: "for example `data: /var/lib/data`")
      }
      if !path.hasPrefix("/") || path == "/" || path.split(separator: "/").contains("..") {
        error(
          at: "\(field).\(name)", "a volume stands at an absolute path below /, found ‘\(path)’",
          hint: "for example `data: /var/lib/data`; folders of the host are never mounted")
      }
      if !taken.insert(path).inserted {
        error(at: "\(field).\(name)", "two volumes stand at \(path)", hint: "give each its own path")
      }
    }
  }
}
