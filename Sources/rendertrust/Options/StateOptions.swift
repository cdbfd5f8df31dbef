import ArgumentParser
import ControlPlane
import Model
import Reconciling

/// A local state, for commands that no server runs.
struct StateOptions: ParsableArguments {
  @Option(
    name: .customLong("state"),
    help: ArgumentHelp("State folder (.rendertrust).", valueName: "dir"))
  var folder: String?

  var state: String { folder ?? ".rendertrust" }

  @Option(
    name: .long,
    help: ArgumentHelp(
      "PostgreSQL database of the state, instead of the private server.", valueName: "url"))
  var database: String?

  /// Refuses to use a local state by accident if a server is configured for all commands.
  func validate() throws {
    guard folder == nil, database == nil, Environment["RENDERTRUST_SERVER"] != nil else { return }
    throw ValidationError(
      "RENDERTRUST_SERVER is set, but this command requires a local state: pass --state or --database, or "
        + "unset it"
    )
  }
}

extension StateOptions {
  var location: StateLocation { StateLocation(folder: state, database: database.map { Secret($0) }) }
}

extension StateSession {
  /// Opens the state, runs `body` with progress on the terminal, and closes the state again, also when `body`
  /// throws.
  static func open<Output>(
    _ options: StateOptions, showsPlan: Bool = false, _ body: (StateSession) async throws -> Output
  ) async throws -> Output {
    try await open(options.location, reporter: LiveProgress(time: .real, showsPlan: showsPlan), body)
  }
}
