package import Model

/// From a container of somebody else to what a manifest says about it, and to what will differ once it is replaced by
/// one of ours. Pure, and the same when it is imported and whenever it is looked at later.
package struct ContainerAdoption: Sendable {
  package let container: AdoptedContainer
  /// What the manifest declares as limits: without one of its own, a container may use the whole machine.
  package let limits: ContainerLimits
  /// Sorted by field.
  package let remarks: [AdoptionRemark]

  /// - Throws: `adoption.image` for an image that no registry knows by digest.
  package init(_ foreign: ForeignContainer) throws(BackendError) {
    guard let image = foreign.image else {
      throw BackendError(
        code: "adoption.image",
        "container \(foreign.name) runs \(foreign.imageName), which no registry knows by digest",
        hint: "push the image and run the container from the registry, then import it", retry: .afterChange)
    }
    var notes = Notes(remarks: foreign.oddities)
    let template = ContainerTemplate(
      image: image, command: ContainerAdoption.command(of: foreign, &notes),
      environment: ContainerAdoption.environment(of: foreign, &notes),
      security: ContainerAdoption.security(of: foreign, &notes),
      ports: foreign.ports.sorted { $0.description < $1.description },
      externalVolumes: foreign.volumes, healthCommand: ContainerAdoption.healthCommand(of: foreign, &notes),
      keepsInputOpen: false)
    if foreign.keepsInputOpen {
      notes.add("stdin", "its input is open; the next container’s is closed")
    }
    container = AdoptedContainer(
      template: template, environment: foreign.environment.mapValues { Digest(of: $0.reveal()) })
    limits = ContainerAdoption.limits(of: foreign, &notes)
    if !foreign.labels.isEmpty {
      notes.add("labels", "its \(foreign.labels.count) labels are not carried over to the next container")
    }
    remarks = notes.remarks.sorted { ($0.field, $0.note) < ($1.field, $1.note) }
  }

  private struct Notes {
    var remarks: [AdoptionRemark]
    mutating func add(_ field: String, _ note: String) { remarks.append(AdoptionRemark(field, note)) }
  }

  private static func command(of foreign: ForeignContainer, _ notes: inout Notes) -> [String] {
    guard let command = foreign.command else { return [] }
    guard !command.contains(where: SecretGuess.isSecret(argument:)) else {
      notes.add(
        "command",
        "an argument looks like a secret, so none are written here; the next container runs the image’s own command "
          + "unless you write one, with the secret in `environment`")
      return []
    }
    return command
  }

  private static func healthCommand(of foreign: ForeignContainer, _ notes: inout Notes) -> [String]? {
    guard let command = foreign.healthCommand else { return nil }
    guard !command.contains(where: SecretGuess.isSecret(argument:)) else {
      notes.add("health", "its command looks like it holds a secret, so it is not written here")
      return nil
    }
    return command
  }

  private static func environment(
    of foreign: ForeignContainer, _ notes: inout Notes
  ) -> [String: EnvironmentSource] {
    var environment: [String: EnvironmentSource] = [:]
    for (name, value) in foreign.environment {
      guard SecretGuess.isSecret(name: name, value: value.reveal()) else {
        environment[name] = .plain(value.reveal())
        continue
      }
      environment[name] = .secret(.environment(name))
      notes.add(
        "environment.\(name)",
        "looks like a secret and is not written here: set \(name) for the controller, or name another reference such "
          + "as {file: /path}; it is needed when the container is replaced")
    }
    return environment
  }

  private static func security(of foreign: ForeignContainer, _ notes: inout Notes) -> ContainerSecurity {
    var security = ContainerSecurity()
    let user = foreign.user
    let name = user.split(separator: ":").first.map(String.init) ?? ""
    if name.isEmpty || name == "root" || Int(name) == 0 {
      notes.add(
        "security.user",
        "root → \(ContainerSecurity.nobody) when it is replaced; name the user that its files belong to before"
      )
    } else {
      security.user = user
    }
    security.readOnlyRoot = foreign.readOnlyRoot
    security.writable = foreign.tmpfs.mapValues { $0 ?? ContainerSecurity.temporaryFolderSize }
    if !foreign.dropsAllCapabilities {
      notes.add(
        "security.capabilities",
        "the engine’s usual ones → none but those that are listed, when it is replaced")
    }
    let forbidden = foreign.addedCapabilities.filter(SecuritySettings.isForbidden)
    if !forbidden.isEmpty {
      notes.add("security.capabilities", "\(forbidden.sorted().joined(separator: ", ")) are never given back")
    }
    security.addedCapabilities = foreign.addedCapabilities.filter { !SecuritySettings.isForbidden($0) }
      .sorted()
    return security
  }

  private static let gibibyte: Int64 = 1 << 30
  private static let manyProcesses: Int64 = 32_768

  private static func limits(of foreign: ForeignContainer, _ notes: inout Notes) -> ContainerLimits {
    var limits = foreign.limits
    func note(_ field: String, _ value: String, _ notes: inout Notes) {
      notes.add(
        "limits.\(field)", "none → \(value) when it is replaced, which is all of the machine; write less")
    }
    if limits.memory == nil {
      let whole = (foreign.machine.memory.bytes + gibibyte - 1) / gibibyte
      limits.memory = ByteCount(bytes: max(whole, 1) * gibibyte)
      note("memory", limits.memory?.description ?? "", &notes)
    }
    if limits.cores == nil {
      limits.cores = CoreCount(cores: max(foreign.machine.cores, 1))
      note("cores", limits.cores?.description ?? "", &notes)
    }
    if limits.pids == nil {
      limits.pids = manyProcesses
      notes.add("limits.pids", "none → \(manyProcesses) when it is replaced")
    }
    return limits
  }
}
