import Model

extension DeclaredState {
  /// The manifests, in YAML.
  /// - Parameter image: The image of containers of a kind.
  package func text(image: (String) -> String) -> String {
    all.filter { $0.id.kind != "Fake" }.map { $0.text(image: image) }.joined(separator: "---\n")
  }
}

extension DeclaredResource {
  package func text(image: (String) -> String) -> String {
    let annotation = formerID.map { ", annotations: {\(Move.annotation): \($0)}" } ?? ""
    return """
      apiVersion: rendertrust.com/v1
      kind: \(id.kind)
      metadata: {name: \(id.name)\(annotation)}
      spec: {\(fields(image).joined(separator: ", "))}

      """
  }

  private static let limits = "limits: {memory: 32Mi, cores: 0.25, pids: 32}"

  private func fields(_ image: (String) -> String) -> [String] {
    let database = spec.of.map { ["database: \($0)"] } ?? []
    switch id.kind {
    case "Environment": return ["mockGPUs: true", "variables: {stage: s\(spec.number)}"]
    case "Database":
      let roles = spec.roles.map { "{name: \($0)}" }.joined(separator: ", ")
      return ["embedded: {}"] + (spec.database.map { ["database: \($0)"] } ?? [])
        + (roles.isEmpty ? [] : ["roles: [\(roles)]"])
    case "Ledger": return database + ["payouts: {cpuMinute: 0.\(spec.number)}"]
    case "Scheduler":
      return database + ["weights: {latency: 0.\(spec.number), earnings: 0.\(10 - spec.number)}"]
    case "PriceMap":
      let prices = spec.prices.sorted { $0.key < $1.key }.map { "\($0.key): {credits: \($0.value)}" }
      return database + ["currency: usd", "prices: {\(prices.joined(separator: ", "))}"]
    case "BackupPolicy":
      return (spec.of.map { ["of: \($0)"] } ?? []) + ["repository: {folder: \(spec.folder ?? "backups")}"]
    case "Node":
      let engine = spec.engine == 0 ? "local: {}" : "socket: \"unix:///run/second.sock\""
      return ["owner: account/ada", "engine: {\(engine)}", "cores: 2", "memory: 2Gi"]
    case "Module":
      let node = spec.node.map { ", nodes: [\($0)]" } ?? ""
      return [
        "jobType: echo\(spec.number)", "image: \"\(image(id.kind))\"", "developer: account/wtfb",
        "serves: {http: {port: 8080, run: /run, health: /health}}", Self.limits,
        "placement: {replicas: 1\(node)}",
      ]
    case "Service":
      let volumes = spec.volumes.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      let ports = spec.ports.map { "\"127.0.0.1:\($0):8080\"" }
      return ["image: \"\(image(id.kind))\"", Self.limits]
        + (spec.node.map { ["node: \($0)"] } ?? [])
        + (volumes.isEmpty ? [] : ["volumes: {\(volumes.joined(separator: ", "))}"])
        + (ports.isEmpty ? [] : ["ports: [\(ports.joined(separator: ", "))]"])
    default: return []
    }
  }
}
