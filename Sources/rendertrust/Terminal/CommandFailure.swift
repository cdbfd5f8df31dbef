import ArgumentParser
import Manifests
import Planning

/// Ends a command with a message for people and an exit code for programs.
struct CommandFailure: Error {
  /// What an API answers with, where the exit code does not say it.
  enum Cause: Sendable {
    case other
    /// What was asked for is not there.
    case missing
    /// The state or another system does not answer; it may be tried again.
    case unavailable
    /// Whoever asks may not.
    case forbidden
  }

  let message: String
  let code: ExitCode
  var cause = Cause.other
  /// The word that a server had for it; nil where no server said anything.
  var word: String?
  /// Problems of manifests, told before the message.
  var diagnostics: [Diagnostic] = []

  /// 1: something failed.
  static func failed(_ message: String) -> CommandFailure {
    CommandFailure(message: message, code: ExitCode(1))
  }
  /// 1: what was asked for is not there.
  static func missing(_ message: String) -> CommandFailure {
    CommandFailure(message: message, code: ExitCode(1), cause: .missing)
  }
  /// 1: something that is needed does not answer.
  static func unavailable(_ message: String) -> CommandFailure {
    CommandFailure(message: message, code: ExitCode(1), cause: .unavailable)
  }
  /// 2: the user wrote something that cannot be.
  static func usage(_ message: String) -> CommandFailure {
    CommandFailure(message: message, code: ExitCode(2))
  }
  /// 2: manifests that cannot be used, with every problem of every file.
  static func invalid(_ diagnostics: [Diagnostic]) -> CommandFailure {
    let count = diagnostics.count { $0.severity == .error }
    var failure = usage("\(count) error\(count == 1 ? "" : "s") in the manifests; nothing was touched")
    failure.diagnostics = diagnostics
    return failure
  }
  /// 4: a guard or a missing approval holds it back.
  static func blocked(_ message: String) -> CommandFailure {
    CommandFailure(message: message, code: ExitCode(4))
  }

  func report() {
    diagnostics.report()
    guard !message.isEmpty else { return }
    Output.error("\(Output.errorStyle.red("error:")) \(message)")
  }
}

extension [Diagnostic] {
  /// To standard error; nothing where there are none.
  func report() {
    guard !isEmpty else { return }
    Output.error(rendered(color: Output.errorStyle.isColoured))
  }
}
