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
    Field(
      "writable", \.writable, "Writable folders in memory, with their size",
      .eachValue(.min(minWritable)))
  }

  /// The minimum size of a writable folder. Engines read 0 as no limit.
  static let minWritable = ByteCount(bytes: 1 << 20)

  package func validate(_ report: inout FieldReport) {
    for path in writable.keys.sorted() {
      if !MountPath.isCanonical(path) {
        report.error(
          at: "writable.\(path)",
          "folders are absolute paths below / without ‘.’, ‘..’, ‘//’ and ‘/’ at their end, found ‘\(path)’",
          hint: "for example `/tmp: 64Mi`")
      } else if MountPath.isKernelFolder(path) {
        report.error(at: "writable.\(path)", "\(path) belongs to the kernel, nothing can be mounted there")
      }
    }
    validateCapabilities(&report)
    if SecuritySettings.isRoot(user) {
      report.error(
        at: "user", "containers never run as root",
        hint: "leave it out for \(ContainerSecurity.unprivilegedUser)")
    } else if !SecuritySettings.isUser(user) {
      report.error(
        at: "user",
        "a user is a number up to \(Int32.max) or a name, with ‘:’ and a group if needed, found "
          + "‘\(user)’", hint: "for example `1000:1000`")
    }
  }

  private func validateCapabilities(_ report: inout FieldReport) {
    var seen: Set<String> = []
    for (index, capability) in capabilities.enumerated() {
      if Capability.isForbidden(capability) {
        report.error(
          at: "capabilities[\(index)]", "\(capability) would undo the sandbox",
          hint: "give the narrowest capability needed")
      } else if !Capability.isKnown(capability) {
        report.error(
          at: "capabilities[\(index)]", "\(capability) is not a Linux capability",
          hint: "capabilities(7) lists them, such as NET_BIND_SERVICE")
      } else if !seen.insert(Capability.canonical(capability)).inserted {
        report.error(at: "capabilities[\(index)]", "\(capability) is declared twice")
      }
    }
  }

  /// Whether a user as engines write it, such as `1000:1000`, is root; the empty one is, also with a group.
  static func isRoot(_ user: String) -> Bool {
    let name = user.split(separator: ":", omittingEmptySubsequences: false)[0]
    return name.isEmpty || name == "root" || Int(name) == 0
  }

  /// Whether engines can resolve the text to a user, with or without a group.
  static func isUser(_ text: String) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count <= 2
      && parts.allSatisfy { part in
        if part.utf8.allSatisfy({ (48...57).contains($0) }) { return Int32(part) != nil }
        return part.utf8.first != UInt8(ascii: "-")
          && part.utf8.allSatisfy { FieldReport.isWordByte($0) }
      }
  }

  package var security: ContainerSecurity {
    ContainerSecurity(
      user: user, readOnlyRoot: readOnlyRoot, addedCapabilities: capabilities.sorted(), writable: writable)
  }
}
