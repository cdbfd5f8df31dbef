import ControlPlane
import Gateway
import Model

/// Sends queries to a server.
struct RemoteQueryClient: QueryClient {
  let transport: any APITransport

  func send<Request: Query>(_ query: Request) async throws -> Request.Answer {
    let operation = Request.operation
    let answer = try await transport.send(
      APICall(operation.method, operation.path, parameters: query.parameters, body: query.body))
    guard let answer = Request.Answer(answer) else { throw CommandFailure.unexpectedResponse }
    return answer
  }
}

extension CommandFailure {
  static let unexpectedResponse = CommandFailure.failed(
    "unexpected response: check that the server runs RenderTrust in a release that is not older than this one"
  )
}
