import ControlPlane
import Gateway
import HTTP
import Model
import Reconciling

/// Sends calls to a server over HTTP.
struct HTTPTransport: APITransport {
  let server: RemoteServer
  let client: HTTPClient
  var time = TimeSource.real

  /// Longest time between two chunks; a server sends `alive` events every few seconds.
  private static let idleTimeout = TimeSpan(seconds: 30)

  func send(_ call: APICall) async throws(CommandFailure) -> Value {
    var request = request(call)
    request.totalTimeout = call.timeout
    let response: HTTPResponse
    do throws(HTTPError) {
      response = try await client.send(request)
    } catch {
      throw unreachable(error)
    }
    return try value(response.head, response.body)
  }

  func follow<Output: Sendable>(
    _ call: APICall, _ process: @Sendable (APIEvent) -> Output?
  ) async throws(CommandFailure) -> Output? {
    var request = request(call)
    request.totalTimeout = nil
    request.add("Accept", "text/event-stream")
    let stream: HTTPBodyStream
    do throws(HTTPError) {
      stream = try await client.stream(request)
    } catch {
      throw unreachable(error)
    }
    guard stream.status == 200, stream.headers["Content-Type"]?.hasPrefix("text/event-stream") ?? false else {
      _ = try value(stream.head, await rest(of: stream))
      throw .unexpectedResponse
    }
    return await events(of: stream, process)
  }

  /// Until the stream ends, breaks or is idle for too long.
  private func events<Output: Sendable>(
    of stream: HTTPBodyStream, _ process: @Sendable (APIEvent) -> Output?
  ) async -> Output? {
    var reader = EventReader()
    while let chunk = await chunk(of: stream) {
      for event in reader.read(chunk) {
        if let output = process(event) { return output }
      }
    }
    return nil
  }

  private func chunk(of stream: HTTPBodyStream) async -> [UInt8]? {
    await withTaskGroup(of: [UInt8]?.self) { group in
      group.addTask {
        var chunks = stream.makeAsyncIterator()
        return try? await chunks.next()
      }
      group.addTask { [time] in
        _ = try? await time.sleep(HTTPTransport.idleTimeout)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  private func rest(of stream: HTTPBodyStream) async -> [UInt8] {
    do throws(HTTPError) { return try await stream.collect(limit: 1 << 20) } catch { return [] }
  }

  private func request(_ call: APICall) -> HTTPRequest {
    let method: HTTPMethod =
      switch call.method {
      case .get: .get
      case .post: .post
      case .put: .put
      case .delete: .delete
      }
    var request = HTTPRequest(method, server.base + call.target, unixSocket: server.unixSocket)
    request.tls = server.tls
    request.add("User-Agent", "rendertrust/\(Version.text)")
    if let token = server.token { request.add("Authorization", Secret("Bearer \(token.reveal())")) }
    if let body = call.body {
      request.add("Content-Type", "application/json")
      request.body = body.jsonBytes()
    }
    return request
  }

  private func value(_ head: HTTPHead, _ body: [UInt8]) throws(CommandFailure) -> Value {
    let value = try? Value(json: body)
    if (200..<300).contains(head.status) {
      guard let value else { throw .unexpectedResponse }
      return value
    }
    guard head.status != 401 else {
      throw .failed(
        server.token == nil
          ? "\(server.name) requires a token: set RENDERTRUST_TOKEN or pass --token-file"
          : "\(server.name) rejected the token: it is invalid, expired or revoked")
    }
    guard let value, value.text(at: "detail") != nil else {
      throw .failed("\(server.name) responded with status \(head.status) and no details")
    }
    throw CommandFailure(value, status: head.status)
  }

  private func unreachable(_ error: HTTPError) -> CommandFailure {
    .unavailable("request to the server failed: \(error)")
  }
}
