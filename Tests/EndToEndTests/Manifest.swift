/// A manifest of one resource.
struct Manifest: Sendable {
  let id: String
  let text: String

  /// `module-echo.yaml`.
  var file: String { id.lowercased().replacing("/", with: "-") + ".yaml" }

  /// - Parameters:
  ///   - former: the id that the resource had before.
  ///   - spec: lines of the spec, indented relative to the spec.
  init(
    _ kind: String, _ name: String, labels: String = "", mode: String? = nil, former: String? = nil,
    _ spec: String
  ) {
    id = "\(kind)/\(name)"
    var metadata = "name: \(name)"
    if !labels.isEmpty { metadata += ", labels: {\(labels)}" }
    if let former { metadata += ", annotations: {rendertrust.com/moved-from: \(former)}" }
    if let mode { metadata += ", mode: \(mode)" }
    let lines = spec.split(separator: "\n").map { "  \($0)\n" }.joined()
    text = "apiVersion: rendertrust.com/v1\nkind: \(kind)\nmetadata: {\(metadata)}\nspec:\n\(lines)"
  }

  static let limits = "limits: {memory: 32Mi, cores: 0.25, pids: 32}"

  static let environment = Manifest("Environment", "dev", "mockGPUs: true")
  static let database = Manifest("Database", "platform", "embedded: {}")
  static let ledger = Manifest("Ledger", "credits", "payouts: {cpuMinute: 0.1}")

  static func node(_ name: String, tier: String = "cpu") -> Manifest {
    let gpu = tier == "gpu" ? "\ngpu: {mock: true, memory: 12Gi}" : ""
    return Manifest(
      "Node", name, labels: "tier: \(tier)",
      "owner: account/ada\nengine: {local: {}}\ncores: 2\nmemory: 2Gi" + gpu)
  }

  /// - Parameter credits: by price ID.
  static func prices(_ name: String, _ credits: [String: Int], mode: String? = nil) -> Manifest {
    let prices = credits.sorted { $0.key < $1.key }.map { "\n  \($0.key): {credits: \($0.value)}" }.joined()
    return Manifest("PriceMap", name, mode: mode, "currency: usd\nprices:" + prices)
  }

  /// A module with an HTTP health check, which becomes ready faster than one without.
  static func module(
    _ name: String, image: String, port: Int = 8080, health: String = "/health", more: String = "",
    mode: String? = nil
  ) -> Manifest {
    Manifest(
      "Module", name, mode: mode,
      """
      jobType: \(name)
      image: "\(image)"
      serves: {http: {port: \(port), run: /run, health: \(health)}}
      developer: account/wtfb
      \(limits)
      \(more)
      """)
  }

  static func service(_ name: String, image: String, more: String = "", mode: String? = nil) -> Manifest {
    Manifest(
      "Service", name, mode: mode,
      """
      image: "\(image)"
      health: {http: {port: 8080, path: /health}, within: 30s}
      \(limits)
      \(more)
      """)
  }
}
