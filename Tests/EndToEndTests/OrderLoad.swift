import DockerSupport
import FoundationEssentials
import HTTP
import Model
import Synchronization
import Testing

/// Clients that submit jobs to a server one after the other, and remember those that were answered.
final class OrderLoad: Sendable {
  private struct State {
    var answered: [String] = []
    var failures: [Int: Int] = [:]
    var isDone = false
  }

  private let state = Mutex(State())
  private let socket: String
  private let token: Secret

  init(socket: String, token: Secret) {
    self.socket = socket
    self.token = token
  }

  /// The ids of the jobs that the server answered with 201.
  var answered: [String] { state.withLock { $0.answered } }
  /// The number of other answers by status; 0: no answer.
  var failures: [Int: Int] { state.withLock { $0.failures } }

  /// Ends the clients after their current requests.
  func end() { state.withLock { $0.isDone = true } }

  /// Submits jobs until `end`. An order without an answer is repeated under its key.
  func run(client number: Int) async throws {
    let client = HTTPClient()
    defer { client.shutdown() }
    var order = 0
    while !state.withLock({ $0.isDone }) {
      let id = try await submit("client-\(number)-\(order)", client)
      guard let id else {
        try await ContinuousClock().sleep(for: .milliseconds(50))
        continue
      }
      state.withLock { $0.answered.append(id) }
      order += 1
      try await ContinuousClock().sleep(for: .milliseconds(20))
    }
  }

  private func submit(_ key: String, _ client: HTTPClient) async throws -> String? {
    var request = HTTPRequest(.post, "http://localhost/api/v1/jobs", unixSocket: socket)
    request.add("Content-Type", "application/json")
    request.add("Authorization", Secret("Bearer \(token.reveal())"))
    request.body = Array(#"{"module":"echo","input":{"text":"hi"},"key":"\#(key)"}"#.utf8)
    let response = try? await client.send(request)
    guard let response, response.status == 201 else {
      state.withLock { $0.failures[response?.status ?? 0, default: 0] += 1 }
      return nil
    }
    return try #require(try Value(json: response.text)["id"]?.plainText)
  }
}
