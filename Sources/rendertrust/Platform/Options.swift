import ArgumentParser

/// Where the controller remembers, for commands that work on this machine's state only.
struct StateOptions: ParsableArguments {
  @Option(
    name: .customLong("state"),
    help: ArgumentHelp("Folder of the controller's state (.rendertrust).", valueName: "dir"))
  var folder: String?

  var state: String { folder ?? ".rendertrust" }

  @Option(
    name: .long,
    help: ArgumentHelp(
      "PostgreSQL that holds the state, instead of the private server in the state folder.", valueName: "url")
  )
  var database: String?

  /// Whoever set a server for all commands is not to act on another state unawares.
  func validate() throws {
    guard folder == nil, database == nil, Environment["RENDERTRUST_SERVER"] != nil else { return }
    throw ValidationError(
      "RENDERTRUST_SERVER is set, and this command works on a state of this machine only: give --state or --database, or "
        + "unset it")
  }
}

/// Which of the environments in the state is meant.
struct EnvironmentOption: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The environment; needed only where the state holds several.", valueName: "name"))
  var environment: String?
}

struct ManifestArguments: ParsableArguments {
  @Argument(
    help:
      "Files and folders with manifests; - reads standard input. A folder is laid over its sibling ‘base’.")
  var paths: [String]
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, yaml, name
}
