import ArgumentParser

/// One environment of the state.
struct EnvironmentOption: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Environment. Required only if the state has several.", valueName: "name"))
  var environment: String?
}
