package import Manifests
package import Model
package import Reconciling

/// Receives what happens during a command: a terminal shows it, a server logs it.
package protocol Reporter: Sendable {
  /// Receives the progress of passes.
  var handler: ProgressHandler { get }
  /// Reports a line of the command's output.
  func say(_ text: String)
  /// Reports a line that is not part of the command's output.
  func remark(_ text: String)
  /// Reports a problem that does not end the command.
  func warn(_ text: String)
  /// Reports problems of manifests that do not end the command.
  func report(_ diagnostics: [Diagnostic])
  /// Reports that every resource of an environment is ready for the first time.
  func reportReady(_ readiness: Readiness)
  /// Advances the activity indicator.
  func tick()
  /// Removes the activity indicator.
  func clear()
  /// Announces that a summary of every resource follows.
  /// - Parameter isForPrograms: standard output is for the summary alone, as JSON.
  func summariseLater(isForPrograms: Bool)
}

extension Reporter {
  package func summariseLater() { summariseLater(isForPrograms: false) }
  package func summariseLater(isForPrograms: Bool) {}
  package func reportReady(_ readiness: Readiness) {}
}

/// All resources of an environment are ready.
package struct Readiness: Sendable {
  package let environment: String
  package let resources: Int
  /// Since the controller began.
  package let elapsed: TimeSpan
}
