import ArgumentParser

/// A command that changes something. Its exit code states the result of the change, whether or not its output
/// could be written. The output of every other command is its result.
///
/// A command whose output cannot be obtained again, such as the secret of a new token, does not conform.
protocol ChangeCommand: AsyncParsableCommand {
  /// False if the arguments make the command a query.
  var isChange: Bool { get }
}

extension ChangeCommand {
  var isChange: Bool { true }
}

extension ExitCode {
  /// The exit code of a process whose command ended with this code.
  /// - Parameters:
  ///   - output: the condition of standard output. A closed pipe is not a failure: the reader has all that it
  ///     wants.
  ///   - isChange: whether the code states the result of a change.
  func afterOutput(_ output: StandardStream.Condition, isChange: Bool) -> ExitCode {
    guard case .failed = output, !isChange else { return self }
    // 3 is success with a difference.
    return rawValue == 0 || rawValue == 3 ? ExitCode(1) : self
  }
}
