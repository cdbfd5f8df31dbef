import ArgumentParser
import ControlPlane

/// Selects a ledger.
struct LedgerOption: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp("Ledger. Required only if several are applied.", valueName: "name"))
  var ledger: String?

  @OptionGroup var environment: EnvironmentOption

  var selection: LedgerSelection {
    LedgerSelection(environment: environment.environment, ledger: ledger)
  }
}

/// A ledger of a local state.
struct LedgerOptions: ParsableArguments {
  @OptionGroup var ledger: LedgerOption
  @OptionGroup var state: StateOptions
}

/// A ledger of a local state or of a server.
struct LedgerQueryOptions: ParsableArguments {
  @OptionGroup var ledger: LedgerOption
  @OptionGroup var connection: ConnectionOptions

  var selection: LedgerSelection { ledger.selection }
}

extension StateSession {
  /// Opens the state and the selected ledger, and closes them after `body`.
  static func withLedger(
    _ options: LedgerOptions, _ body: (StateSession, OpenLedger) async throws -> Void
  ) async throws {
    try await open(options.state) { state in
      try await body(state, try await LedgerDirectory(state).open(options.ledger.selection))
    }
  }
}
