import ArgumentParser

/// Where the controller remembers. The same for every command that looks at or changes the world.
struct StateOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Folder of the controller's state.", valueName: "dir"))
  var state = ".rendertrust"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "PostgreSQL that holds the state, instead of the private server in the state folder.", valueName: "url")
  )
  var database: String?
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
