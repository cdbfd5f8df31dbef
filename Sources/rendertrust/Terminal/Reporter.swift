import Reconciling

/// Who tells people or programs what a command does: a terminal, or a log.
protocol Reporter: Sendable {
  /// Is told what happens during passes.
  var handler: ProgressHandler { get }
  /// Says a line of the command's own.
  func say(_ text: String)
  /// Says something that is no part of what a command prints.
  func remark(_ text: String)
  /// The same for what is not as it should be.
  func warn(_ text: String)
  /// Moves a sign of life on.
  func tick()
  /// Takes the sign of life away.
  func clear()
  /// A summary says later how each resource is.
  /// - Parameter isForPrograms: standard output is the summary's alone, as JSON.
  func summariseLater(isForPrograms: Bool)
}

extension Reporter {
  func summariseLater() { summariseLater(isForPrograms: false) }
  func summariseLater(isForPrograms: Bool) {}
}
