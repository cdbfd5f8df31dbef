package import Manifests
package import Model

/// The field `security` of a container: exceptions from the strict defaults. Each of them widens the reach of
/// a container escape.
package struct SecuritySettings: ManifestObject, Hashable {
  package var user = ContainerSecurity.unprivilegedUser
  package var readOnlyRoot = true
  package var capabilities: [String] = []
  package var writable = ["/tmp": ContainerSecurity.temporaryFolderSize]

  package init() {}

  package static let fields = Fields<Self>(
    "Exceptions from the strict defaults: no capabilities, no new privileges, always the default seccomp"
  ) {
    Field(
      "user", \.user, "User and group inside the container, such as the owner of the image's files", .nonEmpty
    )
    Field("readOnlyRoot", \.readOnlyRoot, "Whether the image's own files are read-only")
    Field(
      "capabilities", \.capabilities, "Linux capabilities that are added after all were dropped", .unique(),
      .each(.pattern("[A-Z][A-Z_]*", "a capability such as NET_BIND_SERVICE")))
    Field("writable", \.writable, "Writable folders in memory, with their size")
  }

  package func validate(_ report: inout FieldReport) {
    for path in writable.keys.sorted() where !path.hasPrefix("/") || path == "/" {
      report.error(
        at: "writable.\(path)", "folders are absolute paths below /", hint: "for example `/tmp: 64Mi`")
    }
    for capability in capabilities where SecuritySettings.isForbidden(capability) {
      report.error(
        at: "capabilities", "\(capability) would undo the sandbox",
        hint: "give the narrowest capability needed")
    }
    if SecuritySettings.isRoot(user) {
      report.error(
        at: "user", "containers never run as root",
        hint: "leave it out for \(ContainerSecurity.unprivilegedUser)")
    }
  }

  /// Whether a user as engines write it, such as `1000:1000`, is root; so is the empty one.
  static func isRoot(_ user: String) -> Bool {
    let name = user.split(separator: ":").first ?? "root"
    return name == "root" || Int(name) == 0
  }

  /// Whether the capability would undo the sandbox.
  static func isForbidden(_ capability: String) -> Bool {
    ["SYS_ADMIN", "ALL", "SYS_MODULE", "SYS_PTRACE"].contains(capability)
  }

  package var security: ContainerSecurity {
    ContainerSecurity(
      user: user, readOnlyRoot: readOnlyRoot, addedCapabilities: capabilities.sorted(), writable: writable)
  }
}
