internal import Logging
internal import Model

/// One line for each request: never its query, headers, body or token.
struct AccessLog: Sendable {
  let logger: Logger?

  struct Line: Sendable {
    let id: String
    let method: String
    /// As the route is described; nil where there is none.
    let route: String?
    let principal: APIPrincipal?
    let startedAt: TimeSpan
  }

  /// - Parameter bytes: of the answer's body.
  func write(_ line: Line, status: Int, bytes: Int, at time: TimeSpan) {
    guard let logger else { return }
    let span = time.milliseconds - line.startedAt.milliseconds
    logger.info(
      "request",
      metadata: [
        "request": .string(line.id), "method": .string(line.method), "route": .string(line.route ?? "-"),
        "status": .stringConvertible(Int64(status)), "milliseconds": .stringConvertible(span),
        "bytes": .stringConvertible(Int64(bytes)), "principal": .string(line.principal?.name ?? "-"),
      ])
  }
}
