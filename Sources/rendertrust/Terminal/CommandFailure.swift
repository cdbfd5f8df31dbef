import ArgumentParser

/// Ends a command with a message for people and an exit code for programs.
struct CommandFailure: Error {
  let message: String
  let code: ExitCode

  /// 1: something failed.
  static func failed(_ message: String) -> CommandFailure {
    CommandFailure(message: message, code: ExitCode(1))
  }
  /// 2: the user wrote something that cannot be.
  static func usage(_ message: String) -> CommandFailure {
    CommandFailure(message: message, code: ExitCode(2))
  }
  /// 4: a guard or a missing approval holds it back.
  static func blocked(_ message: String) -> CommandFailure {
    CommandFailure(message: message, code: ExitCode(4))
  }

  func report() {
    guard !message.isEmpty else { return }
    Output.error("\(Output.errorStyle.red("error:")) \(message)")
  }
}
