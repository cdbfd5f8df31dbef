import ArgumentParser
import ControlPlane
import Reconciling

/// Whose books a command means.
struct LedgerOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("The Ledger; needed only where several are applied.", valueName: "name"))
  var ledger: String?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions
}

/// The same for commands that may ask a server.
struct LedgerQueryOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("The Ledger; needed only where several are applied.", valueName: "name"))
  var ledger: String?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions

  var query: LedgerQuery { LedgerQuery(environment: environment.environment, ledger: ledger) }
}

extension Session {
  /// Opens the state and the books of its ledger, and closes them again.
  static func withBooks(_ options: LedgerOptions, _ body: (Session, OpenLedger) async throws -> Void)
    async throws
  {
    try await open(options.state) { session in
      let query = LedgerQuery(environment: options.environment.environment, ledger: options.ledger)
      try await body(session, try await session.books(query))
    }
  }
}
