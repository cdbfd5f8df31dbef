import FoundationEssentials
import HTTP
package import Model

/// The settings that a container takes from its image where its own configuration says nothing.
package struct ImageDefaults: Sendable, Hashable {
  package var command: [String]
  package var entrypoint: [String]
  package var workingDirectory: String
  /// Digests of the values by name.
  package var environment: [String: Digest]
  package var labels: [String: String]
  /// The paths at which the engine mounts a volume of its own.
  package var volumes: Set<String>
  /// `["CMD", program, argument…]`; empty without a health check.
  package var healthTest: [String]

  package init(
    command: [String] = [], entrypoint: [String] = [], workingDirectory: String = "",
    environment: [String: Digest] = [:], labels: [String: String] = [:], volumes: Set<String> = [],
    healthTest: [String] = []
  ) {
    self.command = command
    self.entrypoint = entrypoint
    self.workingDirectory = workingDirectory
    self.environment = environment
    self.labels = labels
    self.volumes = volumes
    self.healthTest = healthTest
  }
}

extension ImageDefaults: Decodable {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private struct Answer: Decodable {
    struct Health: Decodable { let Test: [String]? }
    struct Empty: Decodable {}
    struct Config: Decodable {
      let Cmd: [String]?
      let Entrypoint: [String]?
      let WorkingDir: String?
      let Env: [String]?
      let Labels: [String: String]?
      let Volumes: [String: Empty]?
      let Healthcheck: Health?
    }
    let Config: Config?
  }

  package init(from decoder: any Decoder) throws {
    let config = try Answer(from: decoder).Config
    self.init(
      command: config?.Cmd ?? [], entrypoint: config?.Entrypoint ?? [],
      workingDirectory: config?.WorkingDir ?? "", environment: EnvironmentDigests.of(config?.Env ?? []),
      labels: config?.Labels ?? [:], volumes: Set((config?.Volumes ?? [:]).keys),
      healthTest: config?.Healthcheck?.Test ?? [])
  }
}

/// Digests of the values of variables, so that values, which may be secret, do not leave the driver.
enum EnvironmentDigests {
  /// - Parameter lines: `NAME=value`; a name without a value has the empty one.
  static func of(_ lines: [String]) -> [String: Digest] {
    var digests: [String: Digest] = [:]
    for line in lines {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      digests[String(parts[0])] = Digest(of: parts.count == 2 ? String(parts[1]) : "")
    }
    return digests
  }
}

extension DockerEngine {
  /// - Parameter id: the image's id, which identifies its content.
  /// - Returns: nil when the engine does not have the image.
  package func imageDefaults(_ id: String) async throws(DockerError) -> ImageDefaults? {
    do {
      return try await get("/images/\(PercentEncoding.encode(id))/json", about: "image \(id)")
    } catch {
      guard error.code == .imageMissing || error.code == .notFound else { throw error }
      return nil
    }
  }
}
