package import Gateway
import Manifests
package import Model
import Planning
import Postgres
import Reconciling

/// Errors as `application/problem+json`. Decoding restores the message and the exit status.
extension OperationError {
  private var httpStatus: Int {
    switch code {
    case .missing: 404
    case .unavailable: 503
    case .forbidden: 403
    case .usage: 400
    case .invalidManifests: 422
    case .blocked, .failed: 409
    }
  }

  package var value: Value {
    .members([
      "code": .string(code.rawValue), "status": .integer(Int64(httpStatus)), "detail": .string(message),
      "exitCode": .integer(Int64(exitStatus.rawValue)),
      "diagnostics": diagnostics.isEmpty ? nil : .array(diagnostics.map(\.value)),
      "problems": unconfirmed.isEmpty ? nil : .array(unconfirmed.map(\.value)),
    ])
  }

  package var response: APIResponse {
    var members: [String: Value] = [:]
    if !diagnostics.isEmpty {
      members["diagnostics"] = .array(diagnostics.map(\.value))
      members["exitCode"] = .integer(Int64(exitStatus.rawValue))
    }
    if !unconfirmed.isEmpty { members["problems"] = .array(unconfirmed.map(\.value)) }
    return .problem(
      APIProblem(
        httpStatus, code.rawValue, message, retryAfterSeconds: code == .unavailable ? 5 : nil, more: members))
  }

  /// - Parameters:
  ///   - problem: the body of a server's answer.
  ///   - status: the HTTP status; nil for the last event of a stream.
  package init(_ problem: Value, status: Int?) {
    let name = problem.text(at: "code") ?? ""
    let field = problem.text(at: "field").map { "\($0): " } ?? ""
    let detail = problem.text(at: "detail") ?? "the server refused the request without a reason"
    let hint = problem.text(at: "hint").map { "; \($0)" } ?? ""
    self.init(
      Code(rawValue: name) ?? Code(exitCode: problem.integer(at: "exitCode"), status: status),
      field + detail + hint, remoteCode: name.isEmpty ? nil : name,
      diagnostics: problem.list(at: "diagnostics", of: Diagnostic.self) ?? [])
    unconfirmed = problem.list(at: "problems", of: DestructiveStep.self) ?? []
  }

  /// - Parameter error: of any type that a query or a change throws.
  package init(_ error: any Error) {
    switch error {
    case let error as OperationError: self = error
    case let error as StoreError: self = .unavailable(error.description)
    case let error as PostgresError: self = .unavailable(error.backendError.description)
    case let error as PlanError: self = .usage(error.description)
    case is CancellationError: self = .unavailable("the server is stopping; the change was interrupted")
    default: self = .failed("an unexpected error: \(error)")
    }
  }
}

extension OperationError.Code {
  /// The code of a problem whose own code this release does not know.
  fileprivate init(exitCode: Int64?, status: Int?) {
    switch exitCode {
    case 2: self = .usage
    case 4: self = .blocked
    case nil where status == 400: self = .usage
    default: self = .failed
    }
  }
}
