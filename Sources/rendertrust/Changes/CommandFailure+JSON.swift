import ArgumentParser
import Gateway
import Manifests
import Model
import Postgres
import Reconciling

/// Failures as `application/problem+json` and back: the same text and the same exit code on both sides.
extension CommandFailure {
  /// A stable word for programs, and the status that goes with it.
  private var problem: (code: String, status: Int) {
    switch (code.rawValue, cause) {
    case (_, .missing): ("missing", 404)
    case (_, .unavailable): ("unavailable", 503)
    case (_, .forbidden): ("forbidden", 403)
    case (2, _): diagnostics.isEmpty ? ("usage", 400) : ("invalid_manifests", 422)
    case (4, _): ("blocked", 409)
    default: ("failed", 409)
    }
  }

  var value: Value {
    .members([
      "code": .string(problem.code), "status": .integer(Int64(problem.status)), "detail": .string(message),
      "exitCode": .integer(Int64(code.rawValue)),
      "diagnostics": diagnostics.isEmpty ? nil : .array(diagnostics.map(\.value)),
    ])
  }

  var response: APIResponse {
    let (code, status) = problem
    return .problem(
      APIProblem(
        status, code, message, retryAfterSeconds: cause == .unavailable ? 5 : nil,
        more: diagnostics.isEmpty
          ? [:]
          : [
            "diagnostics": .array(diagnostics.map(\.value)), "exitCode": .integer(Int64(self.code.rawValue)),
          ]))
  }

  /// - Parameters:
  ///   - problem: what a server answered.
  ///   - status: nil where it is the end of a stream.
  init(_ problem: Value, status: Int?) {
    let word = problem.text(at: "code") ?? ""
    let known: [String: Int32] = ["usage": 2, "invalid_manifests": 2, "blocked": 4]
    let code =
      problem.integer(at: "exitCode").map { Int32(clamping: $0) } ?? known[word] ?? (status == 400 ? 2 : 1)
    let field = problem.text(at: "field").map { "\($0): " } ?? ""
    let detail = problem.text(at: "detail") ?? "the server refused it without saying why"
    let hint = problem.text(at: "hint").map { "; \($0)" } ?? ""
    self.init(
      message: field + detail + hint, code: ExitCode(code),
      cause: word == "missing" ? .missing : word == "unavailable" ? .unavailable : .other,
      word: word.isEmpty ? nil : word, diagnostics: problem.list(at: "diagnostics", of: Diagnostic.self) ?? []
    )
  }

  /// Of anything that a command throws.
  init(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as StoreError: self = .unavailable(error.description)
    case let error as PostgresError: self = .unavailable(error.backendError.description)
    case let error as PlanError: self = .usage(error.description)
    case is CancellationError: self = .unavailable("the server stops; nothing more was done")
    default: self = .failed("an unexpected error: \(error)")
    }
  }
}
