package import Model

/// How the health of a container is determined.
package enum HealthRule: Hashable, Sendable, Codable {
  /// The container runs continuously for `runningGrace`.
  case running
  /// `GET path` answers 2xx or 3xx. The request goes to the published host port, else to the container's own
  /// address.
  case http(port: Int, path: String, within: TimeSpan)
  /// The template's `healthCommand`, run by the engine, exits with 0.
  case command(within: TimeSpan)

  /// How long a new container may take to become healthy.
  package var within: TimeSpan {
    switch self {
    case .running: HealthRule.runningGrace
    case .http(_, _, let within), .command(let within): within
    }
  }

  /// How long a container without a check must run before it counts as started.
  package static let runningGrace = TimeSpan(seconds: 2)
}
