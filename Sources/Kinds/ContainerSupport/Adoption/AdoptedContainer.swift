package import Model

/// The configuration of an adopted container, as far as a manifest can declare it. The container stays
/// unchanged while the manifest declares the same. Settings that no manifest can declare are lost when it is
/// replaced.
package struct AdoptedContainer: Hashable, Sendable {
  /// Values that look like secrets are references to a variable of the controller's process.
  package let template: ContainerTemplate
  /// Digests of the values of all variables that do not come from the image.
  package let environment: [String: Digest]

  private let isAdopted: Bool

  package init(template: ContainerTemplate, environment: [String: Digest]) {
    self.init(template: template, environment: environment, isAdopted: true)
  }

  /// The same container after the manifest stopped adopting it: it matches no template.
  package var released: AdoptedContainer {
    AdoptedContainer(template: template, environment: environment, isAdopted: false)
  }

  private init(template: ContainerTemplate, environment: [String: Digest], isAdopted: Bool) {
    self.template = template
    self.environment = environment
    self.isAdopted = isAdopted
  }

  /// Whether `declared` describes this container. The source of a secret is not visible in a container, so
  /// any reference matches a variable that is set.
  package func matches(_ declared: ContainerTemplate) -> Bool {
    let isEnvironmentSame =
      isAdopted && declared.environment.count == environment.count
      && declared.environment.allSatisfy { name, source in
        guard let digest = environment[name] else { return false }
        switch source {
        case .plain(let text): return Digest(of: text) == digest
        case .secret: return true
        }
      }
    guard isEnvironmentSame else { return false }
    var same = template
    same.environment = declared.environment
    return same.digest == declared.digest
  }
}
