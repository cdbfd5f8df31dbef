import ControlPlane
import Gateway
import Model

/// A server that answers inquiries.
struct RemoteQueryClient: QueryClient {
  let transport: any APITransport

  func ask<Question: Query>(_ question: Question) async throws -> Question.Answer {
    let operation = Question.operation
    let answer = try await transport.send(
      APICall(operation.method, operation.path, parameters: question.parameters, body: question.body))
    guard let answer = Question.Answer(answer) else { throw CommandFailure.notUnderstood }
    return answer
  }
}

extension CommandFailure {
  static let notUnderstood = CommandFailure.failed(
    "the server's answer is none that this release understands: is it a RenderTrust server, and as new as this one?"
  )
}
