package import Model

/// What a container that was taken over is made from, as far as a manifest can say it. It is left as it is for as long
/// as the manifest says the same; what no manifest can say changes when it is replaced.
package struct AdoptedContainer: Hashable, Sendable {
  /// Values that look like secrets stand here as references to a variable of the controller's process.
  package let template: ContainerTemplate
  /// Digests of the values of all own variables.
  package let environment: [String: Digest]

  private let isWanted: Bool

  package init(template: ContainerTemplate, environment: [String: Digest]) {
    self.init(template: template, environment: environment, true)
  }

  /// The same once no manifest adopts it any more: it fits nothing.
  package var abandoned: AdoptedContainer {
    AdoptedContainer(template: template, environment: environment, false)
  }

  private init(template: ContainerTemplate, environment: [String: Digest], _ isWanted: Bool) {
    self.template = template
    self.environment = environment
    self.isWanted = isWanted
  }

  /// Whether a manifest describes this container. Where a secret comes from cannot be told from a container, so any
  /// reference fits a variable that is set.
  package func fits(_ wanted: ContainerTemplate) -> Bool {
    let isEnvironmentSame =
      isWanted && wanted.environment.count == environment.count
      && wanted.environment.allSatisfy { name, source in
        guard let digest = environment[name] else { return false }
        switch source {
        case .plain(let text): return Digest(of: text) == digest
        case .secret: return true
        }
      }
    guard isEnvironmentSame else { return false }
    var same = template
    same.environment = wanted.environment
    return same.digest == wanted.digest
  }
}
