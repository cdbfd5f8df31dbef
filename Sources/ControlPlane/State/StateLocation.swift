package import Model

/// Where a controller keeps its state.
package struct StateLocation: Sendable {
  /// The folder of the private PostgreSQL and of the files of this machine.
  package let folder: String
  /// PostgreSQL URL that holds the state instead of the private server; nil for the private server.
  package let database: Secret?

  package init(folder: String, database: Secret?) {
    self.folder = folder
    self.database = database
  }
}
