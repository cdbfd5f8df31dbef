import HTTP
import Model

package struct VolumeState: Sendable, Hashable, Decodable {
  package let name: String
  package let driver: String
  package let labels: [String: String]

  private enum CodingKeys: String, CodingKey {
    case name = "Name"
    case driver = "Driver"
    case labels = "Labels"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(String.self, forKey: .name)
    driver = try values.decode(String.self, forKey: .driver)
    labels = try values.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
  }
}

extension DockerEngine {
  /// Creates a volume; does nothing when one of this name exists, whose labels stay unchanged.
  package func createVolume(_ name: String, labels: [String: String] = [:]) async throws(DockerError) {
    try await call(
      .post, "/volumes/create",
      body: .members(["Name": .string(name), "Labels": .object(labels.mapValues(Value.string))]),
      about: "volume \(name)")
  }

  /// Deletes the data. Succeeds when the volume does not exist; fails with `conflict` while a container uses
  /// it.
  package func removeVolume(_ name: String) async throws(DockerError) {
    do {
      try await call(.delete, "/volumes/\(PercentEncoding.encode(name))", about: "volume \(name)")
    } catch {
      guard error.code == .notFound else { throw error }
    }
  }

  /// Sorted by name.
  package func listVolumes(labels: [String: String] = [:]) async throws(DockerError) -> [VolumeState] {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    struct Answer: Decodable { let Volumes: [VolumeState]? }
    let filters = DockerEngine.filters(["label": labels.map { "\($0.key)=\($0.value)" }])
    let answer: Answer = try await get("/volumes", query: [("filters", filters)])
    return (answer.Volumes ?? []).sorted { $0.name < $1.name }
  }
}
