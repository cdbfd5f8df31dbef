import ArgumentParser
import Model
import Reconciling

struct Why: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say why a resource is as it is, what happens next and what can be done.")

  @Argument(help: "The resource, as Kind/name.")
  var resource: ResourceID

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let (explanation, situation) = try await session.explain(resource, in: environment)
      guard explanation.root.cause != .missing || explanation.chain.count > 1 else {
        throw CommandFailure.failed("\(resource) was never applied in \(environment)")
      }
      Output.write(
        output == .json
          ? explanation.value(now: situation.now).prettyJSON : explanation.text(in: situation))
    }
  }
}

extension Session {
  /// Why a resource is as it is, with what that follows from.
  func explain(_ id: ResourceID, in environment: String) async throws(StoreError) -> (Explanation, Situation)
  {
    let latest = try await store.latestRevision(of: environment)?.number ?? 0
    var situation = Situation(
      now: engine.time.now(), statuses: try await store.statuses(of: environment),
      desired: try await store.desiredState(of: environment, at: latest), revision: latest)
    let digests = Dictionary(
      try await store.quarantines(of: environment).map { ($0.digest, $0.reason) },
      uniquingKeysWith: { first, _ in first })
    if let newest = try await store.latestRevision(of: environment) {
      situation.quarantined[newest.number] = digests[newest.manifestDigest]
    }
    situation.journal = try await store.journal(of: environment, id: id, limit: 10)
    let (leases, now) = try await store.leases(of: environment)
    situation.holder = leases.holder(of: id, now: now)?.description
    let root = Explanation(of: id, in: situation).root.id
    if root != id { situation.journal += try await store.journal(of: environment, id: root, limit: 10) }
    situation.events = try await store.events(of: environment, id: root, limit: 5)
    return (Explanation(of: id, in: situation), situation)
  }
}

extension Explanation {
  /// For people: the chain, what happens next, what can be done, and what happened to the root cause.
  func text(in situation: Situation) -> String {
    let style = Output.style
    var text = ""
    for link in chain {
      let mark = link.cause == .ready ? style.green("✓") : style.yellow("!")
      let condition = situation.statuses[link.id]?.headline?.type.rawValue ?? "not known"
      let since = link.since.map { " since \((situation.now - $0).ago)" } ?? ""
      text += "\(mark) \(link.id) is \(condition)\(since): \(link.message)\n"
    }
    if next != .nothing { text += "  \(next.sentence(now: situation.now))\n" }
    for line in advice { text += style.dim("  \(line)") + "\n" }
    for event in situation.events.reversed() {
      text += style.dim("  \((situation.now - event.at).ago) ago  ") + "\(event.reason)  \(event.message)\n"
    }
    return text
  }
}
