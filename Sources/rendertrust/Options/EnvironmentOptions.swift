import ArgumentParser
import ControlPlane
import Model

/// One environment of a local state or of a server.
struct EnvironmentOptions: ParsableArguments {
  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var connection: ConnectionOptions

  /// Nil: the only environment of the state.
  var name: String? { environment.environment }
}

/// One environment of a local state, for commands that no server runs.
struct LocalEnvironmentOptions: ParsableArguments {
  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions
}

/// A list of records of an environment, optionally of one resource.
struct RecordListOptions: ParsableArguments {
  @Argument(help: "Show records of this resource only, as Kind/name.")
  var resource: ResourceID?

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .long, help: "Maximum number of records.")
  var limit = 50

  @Option(name: .shortAndLong, help: "Output format.")
  var output = DocumentFormat.text
}

/// One resource of an environment.
struct ResourceOptions: ParsableArguments {
  @Argument(help: "Resource, as Kind/name.")
  var resource: ResourceID

  @OptionGroup var scope: EnvironmentOptions
  var target: ResourceTarget { ResourceTarget(environment: scope.name, resource: resource) }
}
