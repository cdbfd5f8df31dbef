import ControlPlane
import Glibc
import Planning

/// Asks on the terminal for the confirmation of steps that destroy data.
struct ConfirmationPrompt {
  /// How to confirm without a terminal, for the error.
  let alternative: String

  /// Runs a change. If it needs a confirmation, lists the steps, asks, and runs it again with the consent to
  /// exactly these steps.
  /// - Throws: `blocked` if the steps are not confirmed, and what the change throws.
  func confirming<Output>(
    _ consent: Consent, _ change: (Consent) async throws -> Output
  ) async throws -> Output {
    var consent = consent
    while true {
      do {
        return try await change(consent)
      } catch let error as OperationError where !error.unconfirmed.isEmpty {
        try ask(error.unconfirmed)
        consent = consent.adding(error.unconfirmed)
      }
    }
  }

  private func ask(_ steps: [DestructiveStep]) throws(CommandFailure) {
    guard Self.isInteractive else { throw .blocked("\(steps.summary): \(alternative)") }
    let list = steps.map { "  \(Output.errorStyle.red("-")) \($0.resource)  \($0.summary), \($0.reason)\n" }
    Output.write("These steps destroy data:\n\(list.joined())", to: 2)
    guard Self.answer(to: "Type yes to continue: ") == "yes" else {
      throw .blocked("not confirmed: nothing was changed")
    }
  }

  /// Whether a person can read a question and answer it.
  static var isInteractive: Bool { isatty(0) == 1 && isatty(2) == 1 }

  /// The answer of a person; nil at the end of the input. Ctrl-C ends the process.
  static func answer(to question: String) -> String? {
    signal(SIGINT, SIG_DFL)
    Output.write(question, to: 2)
    return readLine()
  }
}
