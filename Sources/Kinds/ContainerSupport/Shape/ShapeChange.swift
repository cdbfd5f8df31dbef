package import Model

/// One difference between the declared shape of a container and the observed one.
package struct ShapeChange: Hashable, Sendable {
  /// How the difference is corrected.
  package enum Cure: Hashable, Sendable {
    /// Changes the container while it runs.
    case update
    /// Connects and disconnects networks.
    case connect
    /// No engine changes it in an existing container.
    case replace
  }

  /// From the observed value to the declared one. Values of variables are never shown.
  package let change: FieldChange
  package let cure: Cure
}

extension ContainerShape {
  /// The differences of an existing container from this declared shape, sorted by field. A setting that the
  /// plan leaves to the image is compared with that of the image.
  /// - Parameter isRunning: whether its ports must be published now.
  package func changes(from observed: ObservedShape, isRunning: Bool) -> [ShapeChange] {
    var changes = ShapeChanges()
    compareProcess(observed, &changes)
    compareIsolation(observed.shape, &changes)
    compareMounts(observed, &changes)
    let found = observed.shape
    changes.add("networks", .connect, found.networks, networks)
    if isRunning, found.networks == networks {
      changes.add("ports", .connect, found.ports.intersection(ports), ports)
    }
    changes.add("restart", .update, .string(found.restart), .string(restart))
    changes.add("limits.swap", .update, found.swap.value, swap.value)
    return changes.list.sorted { $0.change < $1.change }
  }

  private func compareProcess(_ observed: ObservedShape, _ changes: inout ShapeChanges) {
    let (found, image) = (observed.shape, observed.image)
    if let declared = command.isEmpty ? image?.command : command {
      changes.add("command", .replace, .strings(found.command), .strings(declared))
    }
    if let image {
      changes.add("entrypoint", .replace, .strings(found.entrypoint), .strings(image.entrypoint))
      changes.add(
        "workingDirectory", .replace, .string(found.workingDirectory), .string(image.workingDirectory))
      let foreign = found.labels.filter { image.labels[$0.key] != $0.value }
      for name in foreign.keys.sorted() { changes.add("labels.\(name)", .replace, .string("set"), nil) }
    }
    if let declared = healthTest.isEmpty ? image?.healthTest : healthTest {
      changes.add("health.command", .replace, .strings(found.healthTest), .strings(declared))
    }
    changes.add("keepsInputOpen", .replace, .bool(found.keepsInputOpen), .bool(keepsInputOpen))
    changes.add("init", .replace, .bool(found.usesInit), .bool(usesInit))
    for name in Set(environment.keys).union(found.environment.keys) {
      compareVariable(name, observed, &changes)
    }
  }

  private func compareVariable(_ name: String, _ observed: ObservedShape, _ changes: inout ShapeChanges) {
    let found = observed.shape.environment[name] ?? nil
    let field = "environment.\(name)"
    if let declared = environment[name] {
      guard let found else { return changes.add(field, .replace, nil, .string("declared")) }
      if let declared, found != declared {
        changes.add(field, .replace, .string("another value"), .string("declared"))
      }
    } else if let image = observed.image, image.environment[name] != found {
      changes.add(
        field, .replace, .string("set"), image.environment[name] == nil ? nil : .string("the image’s"))
    }
  }

  private func compareIsolation(_ found: ContainerShape, _ changes: inout ShapeChanges) {
    changes.add("security.user", .replace, .string(found.user), .string(user))
    changes.add("security.readOnlyRoot", .replace, .bool(found.readOnlyRoot), .bool(readOnlyRoot))
    changes.add(
      "security.newPrivileges", .replace, .bool(found.allowsNewPrivileges), .bool(allowsNewPrivileges))
    changes.add("security.seccomp", .replace, .string(found.seccomp), .string(seccomp))
    changes.add("security.capabilities", .replace, found.addedCapabilities, addedCapabilities)
    changes.add("security.droppedCapabilities", .replace, found.droppedCapabilities, droppedCapabilities)
    changes.add("gpus", .replace, .integer(Int64(found.gpuCount)), .integer(Int64(gpuCount)))
    for name in Set(deviations.keys).union(found.deviations.keys) {
      changes.add(
        name, .replace, found.deviations[name].map(Value.string), deviations[name].map(Value.string))
    }
    for path in Set(tmpfs.keys).union(found.tmpfs.keys) {
      changes.add(
        "security.writable.\(path)", .replace, found.tmpfs[path].map(Value.string),
        tmpfs[path].map(Value.string))
    }
  }

  private func compareMounts(_ observed: ObservedShape, _ changes: inout ShapeChanges) {
    let found = observed.shape.mounts
    for path in Set(mounts.keys).union(found.keys) where mounts[path] != found[path] {
      if mounts[path] == nil, let extra = found[path], extra.isVolume {
        // The image declares the path, and the engine made a volume of its own for it.
        guard let image = observed.image else { continue }
        if image.volumes.contains(path), extra.isAnonymous { continue }
      }
      changes.add("mounts.\(path)", .replace, found[path]?.value, mounts[path]?.value)
    }
  }
}

/// Collects differences.
private struct ShapeChanges {
  var list: [ShapeChange] = []

  mutating func add(_ field: String, _ cure: ShapeChange.Cure, _ found: Value?, _ declared: Value?) {
    guard found != declared else { return }
    list.append(ShapeChange(change: FieldChange(field, from: found, to: declared), cure: cure))
  }

  mutating func add<Element: Hashable & CustomStringConvertible>(
    _ field: String, _ cure: ShapeChange.Cure, _ found: Set<Element>, _ declared: Set<Element>
  ) {
    func value(_ set: Set<Element>) -> Value { .strings(set.map(\.description).sorted()) }
    add(field, cure, value(found), value(declared))
  }
}

extension Value {
  fileprivate static func strings(_ texts: [String]) -> Value { .array(texts.map(Value.string)) }
}

extension ContainerShape.Swap {
  fileprivate var value: Value {
    switch self {
    case .none: .string("none")
    case .limited(let bytes): .string(bytes.description)
    case .unlimited: .string("unlimited")
    }
  }
}

extension ContainerShape.Mount {
  fileprivate var value: Value {
    .string((isVolume ? "volume " : "folder ") + source + (isReadOnly ? ", read-only" : ""))
  }

  /// Whether the engine chose the name: 64 hexadecimal digits.
  fileprivate var isAnonymous: Bool {
    source.utf8.count == 64 && source.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}
