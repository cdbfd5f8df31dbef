internal import JobModel
internal import Model

extension APIProblem {
  init(_ error: JobError) {
    let status =
      switch error.code {
      case .invalid: 400
      case .unknownJob, .unknownNode: 404
      case .unknownModule, .unknownAccount: 422
      case .insufficientCredit: 402
      case .keyReused, .isOver, .superseded: 409
      case .unavailable: 503
      }
    self.init(
      status, error.code.rawValue, error.message, field: error.field, hint: error.hint,
      retryAfterSeconds: error.code == .unavailable ? 1 : nil)
  }

  static func invalid(_ field: String, _ detail: String) -> APIProblem {
    APIProblem(400, "invalid", "\(field) \(detail)", field: field)
  }

  static let unknownJob = APIProblem(404, "unknown_job", "there is no such job")
}

/// Performs `body`; an error becomes the response.
func answering(_ body: () async throws(JobError) -> APIResponse) async -> APIResponse {
  do throws(JobError) {
    return try await body()
  } catch {
    return .problem(APIProblem(error))
  }
}
