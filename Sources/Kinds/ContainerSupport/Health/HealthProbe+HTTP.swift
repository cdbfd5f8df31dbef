package import HTTP
internal import Model

extension HealthProbe {
  /// Sends health checks over HTTP: 2xx and 3xx pass. Each takes at most two seconds, because an observation
  /// waits for all of them.
  package static func over(_ client: HTTPClient) -> HTTPProbe {
    { address, path in
      var request = HTTPRequest(.get, "http://\(address.address):\(address.port)\(path)")
      request.connectTimeout = .seconds(2)
      request.totalTimeout = .seconds(2)
      request.maximumResponseBytes = 1 << 20
      do throws(HTTPError) {
        let status = try await client.send(request).status
        return (200..<400).contains(status) ? nil : "status \(status)"
      } catch {
        return error.description
      }
    }
  }
}
