package import Model

/// The manifest fields of a container that the platform did not create, and the differences once it is
/// replaced with one that the platform creates. Pure; the same at the import and in every later observation.
package struct ContainerAdoption: Sendable {
  package let container: AdoptedContainer
  /// The limits to declare. A container without a limit may use the whole machine, so that is declared.
  package let limits: ContainerLimits
  /// Sorted by field.
  package let remarks: [AdoptionRemark]

  /// - Throws: `adoption.image` for an image without a digest in a registry.
  package init(_ unmanaged: UnmanagedContainer) throws(BackendError) {
    guard let image = unmanaged.image else {
      throw BackendError(
        code: "adoption.image",
        "container \(unmanaged.name) runs \(unmanaged.imageName), which has no digest in a registry",
        hint: "push the image, run the container from the registry, then import it", retry: .afterChange)
    }
    var notes = Notes(remarks: unmanaged.unsupported)
    let template = ContainerTemplate(
      image: image, command: ContainerAdoption.command(of: unmanaged, &notes),
      environment: ContainerAdoption.environment(of: unmanaged, &notes),
      security: ContainerAdoption.security(of: unmanaged, &notes),
      ports: unmanaged.ports.sorted { $0.description < $1.description },
      externalVolumes: unmanaged.volumes,
      healthCommand: ContainerAdoption.healthCommand(of: unmanaged, &notes),
      keepsInputOpen: false)
    if unmanaged.keepsInputOpen {
      notes.add("stdin", "open → closed, when it is replaced")
    }
    container = AdoptedContainer(
      template: template, environment: unmanaged.environment.mapValues { Digest(of: $0.reveal()) })
    limits = ContainerAdoption.limits(of: unmanaged, &notes)
    if !unmanaged.labels.isEmpty {
      notes.add("labels", "its \(unmanaged.labels.count) labels are not carried over")
    }
    remarks = notes.remarks.sorted { ($0.field, $0.note) < ($1.field, $1.note) }
  }

  private struct Notes {
    var remarks: [AdoptionRemark]
    mutating func add(_ field: String, _ note: String) { remarks.append(AdoptionRemark(field, note)) }
  }

  private static func command(of unmanaged: UnmanagedContainer, _ notes: inout Notes) -> [String] {
    guard let command = unmanaged.command else { return [] }
    guard !command.contains(where: SecretDetector.isSecret(argument:)) else {
      notes.add(
        "command",
        "an argument looks like a secret, so the command is not written; the new container runs the image’s "
          + "own command unless you declare one, with the secret in `environment`")
      return []
    }
    return command
  }

  private static func healthCommand(of unmanaged: UnmanagedContainer, _ notes: inout Notes) -> [String]? {
    guard let command = unmanaged.healthCommand else { return nil }
    guard !command.contains(where: SecretDetector.isSecret(argument:)) else {
      notes.add("health", "its command looks like it holds a secret, so it is not written")
      return nil
    }
    return command
  }

  private static func environment(
    of unmanaged: UnmanagedContainer, _ notes: inout Notes
  ) -> [String: EnvironmentSource] {
    var environment: [String: EnvironmentSource] = [:]
    for (name, value) in unmanaged.environment {
      guard SecretDetector.isSecret(name: name, value: value.reveal()) else {
        environment[name] = .plain(value.reveal())
        continue
      }
      environment[name] = .secret(.environment(name))
      notes.add(
        "environment.\(name)",
        "looks like a secret and is not written: set \(name) for the controller, or declare another "
          + "reference such as {file: /path}; the value is needed when the container is replaced")
    }
    return environment
  }

  private static func security(of unmanaged: UnmanagedContainer, _ notes: inout Notes) -> ContainerSecurity {
    var security = ContainerSecurity()
    let user = unmanaged.user
    if SecuritySettings.isRoot(user) {
      notes.add(
        "security.user",
        "root → \(ContainerSecurity.unprivilegedUser), when it is replaced; declare the owner of its files "
          + "before"
      )
    } else {
      security.user = user
    }
    security.readOnlyRoot = unmanaged.readOnlyRoot
    security.writable = writable(of: unmanaged, &notes)
    if !unmanaged.dropsAllCapabilities {
      notes.add(
        "security.capabilities",
        "the engine’s default ones → only the listed ones, when it is replaced")
    }
    let forbidden = unmanaged.addedCapabilities.filter(Capability.isForbidden)
    if !forbidden.isEmpty {
      notes.add("security.capabilities", "\(forbidden.sorted().joined(separator: ", ")) cannot be declared")
    }
    security.addedCapabilities = unmanaged.addedCapabilities.filter { !Capability.isForbidden($0) }
      .sorted()
    return security
  }

  /// The folders in memory that a manifest can declare. Engines write no limit as size 0, which becomes the
  /// default.
  private static func writable(of unmanaged: UnmanagedContainer, _ notes: inout Notes) -> [String: ByteCount]
  {
    var writable: [String: ByteCount] = [:]
    for (path, size) in unmanaged.tmpfs.sorted(by: { $0.key < $1.key }) {
      guard MountPath.isCanonical(path), !MountPath.isKernelFolder(path) else {
        notes.add("security.writable", "the folder in memory at \(path) cannot be declared")
        continue
      }
      let found = size.flatMap { $0.bytes > 0 ? $0 : nil } ?? ContainerSecurity.temporaryFolderSize
      writable[path] = max(found, SecuritySettings.minWritable)
    }
    return writable
  }

  private static let gibibyte: Int64 = 1 << 30
  private static let defaultPids: Int64 = 32_768

  private static func limits(of unmanaged: UnmanagedContainer, _ notes: inout Notes) -> ContainerLimits {
    var limits = unmanaged.limits
    func note(_ field: String, _ value: String, _ notes: inout Notes) {
      notes.add(
        "limits.\(field)", "none → \(value), when it is replaced, which is the whole machine; declare less")
    }
    if limits.memory == nil {
      let whole = (unmanaged.machine.memory.bytes + gibibyte - 1) / gibibyte
      limits.memory = ByteCount(bytes: max(whole, 1) * gibibyte)
      note("memory", limits.memory?.description ?? "", &notes)
    }
    if limits.cores == nil {
      limits.cores = CoreCount(cores: max(unmanaged.machine.cores, 1))
      note("cores", limits.cores?.description ?? "", &notes)
    }
    if limits.pids == nil {
      limits.pids = defaultPids
      notes.add("limits.pids", "none → \(defaultPids), when it is replaced")
    }
    return limits
  }
}
