import ArgumentParser
import ControlPlane
import Gateway
import HTTP
import Model

struct Healthz: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "healthz", abstract: "Ask a running server how it is; for health checks of containers.",
    discussion: "Exits with 0 when it is well, else with 1 and the reason.")

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where it serves; RENDERTRUST_LISTEN where this is left out, else 127.0.0.1:9464.", valueName: "address"
    ))
  var listen: String?

  @Flag(
    name: .long, help: "Ask whether it may be counted on (/readyz), not only whether it lives (/healthz).")
  var ready = false

  func run() async throws {
    let text = listen ?? Environment["RENDERTRUST_LISTEN"] ?? "127.0.0.1:9464"
    guard let address = ListenAddress(text) else {
      throw CommandFailure.usage("--listen is \(ListenAddress.expectation), not ‘\(text)’")
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
  /// Whoever listens on every address is reached on this machine's own.
  fileprivate var forClients: ListenAddress {
    switch self {
    case .tcp("0.0.0.0", let port): .tcp(host: "127.0.0.1", port: port)
    case .tcp("::", let port): .tcp(host: "::1", port: port)
    default: self
    }
  }
}
