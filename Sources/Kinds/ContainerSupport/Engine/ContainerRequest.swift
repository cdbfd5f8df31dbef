package import Model

/// A container to create.
package struct ContainerRequest: Sendable {
  package let name: String
  package let labels: ContainerLabels
  package let template: ContainerTemplate
  package let limits: ContainerLimits
  /// How long failures of the template's health command are ignored.
  package let startPeriod: TimeSpan
  /// Names and values, with secrets resolved.
  package let environment: [String: Secret]
  /// The engine's names of volumes and their mount paths.
  package let mounts: [String: String]

  package init(
    name: String, labels: ContainerLabels, template: ContainerTemplate, limits: ContainerLimits,
    startPeriod: TimeSpan, environment: [String: Secret], mounts: [String: String]
  ) {
    self.name = name
    self.labels = labels
    self.template = template
    self.limits = limits
    self.startPeriod = startPeriod
    self.environment = environment
    self.mounts = mounts
  }
}
