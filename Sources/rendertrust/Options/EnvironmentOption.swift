import ArgumentParser
import ControlPlane

/// Which of the environments in the state is meant.
struct EnvironmentOption: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The environment; needed only where the state holds several.", valueName: "name"))
  var environment: String?
}

extension Session {
  /// The environment that a command means: the one that is named, else the only one in the state.
  func environment(_ option: EnvironmentOption) throws(OperationError) -> String {
    try environment(named: option.environment)
  }
}
