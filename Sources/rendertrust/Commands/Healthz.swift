import ArgumentParser
import ControlPlane
import Gateway
import HTTP
import Model

struct Healthz: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "healthz", abstract: "Check the health of a running server.",
    discussion: "For health checks of containers. Exits with 0 if the server is healthy, otherwise with 1.")

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Address of the server. Default: RENDERTRUST_LISTEN, otherwise 127.0.0.1:9464.", valueName: "address"))
  var listen: String?

  @Flag(name: .long, help: "Check readiness (/readyz) instead of liveness (/healthz).")
  var ready = false

  func run() async throws {
    let text = listen ?? Environment["RENDERTRUST_LISTEN"] ?? "127.0.0.1:9464"
    guard let address = ListenAddress(text) else {
      throw CommandFailure.usage("--listen must be \(ListenAddress.expectation), not ‘\(text)’")
    }
    let path = ready ? "readyz" : "healthz"
    var request: HTTPRequest
    switch address.forClients {
    case .tcp: request = HTTPRequest(.get, "http://\(address.forClients)/\(path)")
    case .unix(let socket): request = HTTPRequest(.get, "http://localhost/\(path)", unixSocket: socket)
    }
    request.totalTimeout = .seconds(4)
    let client = HTTPClient()
    defer { client.shutdown() }
    let response: HTTPResponse
    do throws(HTTPError) {
      response = try await client.send(request)
    } catch {
      throw CommandFailure.failed("\(error)")
    }
    guard response.status == 200 else { throw CommandFailure.failed(response.text) }
    Output.write(response.text)
  }
}

extension ListenAddress {
  /// The loopback address for a server that listens on every address.
  fileprivate var forClients: ListenAddress {
    switch self {
    case .tcp("0.0.0.0", let port): .tcp(host: "127.0.0.1", port: port)
    case .tcp("::", let port): .tcp(host: "::1", port: port)
    default: self
    }
  }
}
