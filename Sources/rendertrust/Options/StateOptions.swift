import ArgumentParser
import ControlPlane
import Model
import Reconciling

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

extension StateOptions {
  var location: StateLocation { StateLocation(folder: state, database: database.map { Secret($0) }) }
}

extension Session {
  /// Opens the state with the terminal's progress, runs `body` and closes the state again, also when `body` throws.
  static func open<Output>(
    _ options: StateOptions, showsPlan: Bool = false, _ body: (Session) async throws -> Output
  ) async throws -> Output {
    try await open(options.location, reporter: LiveProgress(time: .real, showsPlan: showsPlan), body)
  }
}
