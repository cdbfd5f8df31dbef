package import Manifests
package import Model

/// The field `health` of a container: exactly one of `http` and `command`.
package struct HealthSettings: ManifestObject, Hashable {
  package var http: HTTPHealthSettings?
  package var command: [String]?
  package var within = TimeSpan(seconds: 60)

  package init() {}

  package static let fields = Fields<Self>(
    "How the health of a container is checked: over HTTP or by a command"
  ) {
    Field("http", \.http, "A GET request that the controller sends; 2xx and 3xx are healthy")
    Field(
      "command", \.command,
      "A program of the image and its arguments, run inside by the engine; exit code 0 is healthy",
      .present(.nonEmpty), .freeText, .example("[/bin/healthy, --quick]"))
    Field(
      "within", \.within, "How long a new container may take to become healthy", .range(shortest...longest))
  }

  private static let shortest = TimeSpan(seconds: 1)
  private static let longest = TimeSpan(seconds: 3600)

  package func validate(_ report: inout FieldReport) {
    if (http == nil) == (command == nil) {
      report.error(
        at: http == nil ? "within" : "command", "a health check is either `http` or `command`",
        hint: "for example `health: {http: {port: 3000, path: /health}, within: 60s}`")
    }
  }

  package var rule: HealthRule {
    if let http { return .http(port: Int(http.port.number), path: http.path.path, within: within) }
    return command == nil ? .running : .command(within: within)
  }
}

/// The HTTP endpoint that reports the health of a container.
package struct HTTPHealthSettings: ManifestObject, Hashable {
  package var port: Port = 80
  package var path: HTTPPath = "/"

  package init() {}

  package static let fields = Fields<Self>("The HTTP endpoint that reports the health of a container") {
    Field(
      "port", \.port, "Port inside the container; requests go to the host port where it is published",
      .required)
    Field("path", \.path, "Path of the request")
  }
}
