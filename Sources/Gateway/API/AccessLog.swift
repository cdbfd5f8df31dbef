internal import Logging
internal import Model

/// Writes one line for each request, without its query, headers, body and token.
struct AccessLog: Sendable {
  let logger: Logger?

  struct Line: Sendable {
    let id: String
    let method: String
    /// The path of the route; nil where no route matches.
    let route: String?
    let principal: APIPrincipal?
    let startedAt: TimeSpan
  }

  /// - Parameter bytes: The size of the response's body.
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
