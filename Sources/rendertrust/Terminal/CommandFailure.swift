import ArgumentParser
import ControlPlane
import Manifests
import Planning

/// Ends a command with a message for people and an exit code for programs.
typealias CommandFailure = OperationError

extension OperationError {
  var exitCode: ExitCode { ExitCode(exitStatus.rawValue) }

  /// Prints the diagnostics and the message to standard error.
  func report() {
    diagnostics.report()
    guard !message.isEmpty else { return }
    Output.error("\(Output.errorStyle.red("error:")) \(message)")
  }
}

extension [Diagnostic] {
  /// Prints the diagnostics to standard error; prints nothing if there are none.
  func report() {
    guard !isEmpty else { return }
    Output.error(text)
  }

  /// For standard error.
  var text: String { rendered(color: Output.errorStyle.isColoured, opening: Output.filter.opening) }
}
