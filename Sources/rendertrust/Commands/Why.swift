import ArgumentParser
import Model
import Reconciling

struct Why: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say why a resource is as it is, and what happens next.")

  @Argument(help: "The resource, as Kind/name.")
  var resource: ResourceID

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  func run() async throws {
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let statuses = try await session.store.statuses(of: environment)
      guard let status = statuses[resource] else {
        throw CommandFailure.failed("\(resource) was never applied in \(environment)")
      }
      Output.write(await explanation(of: status, statuses, session, environment))
    }
  }

  private func explanation(
    of status: ResourceStatus, _ statuses: [ResourceID: ResourceStatus], _ session: Session,
    _ environment: String
  ) async -> String {
    let style = Output.style
    let now = session.engine.time.now()
    var text = ""
    var current = status
    var seen: Set<ResourceID> = []
    // A chain of waiting resources ends at the one that is the cause.
    while seen.insert(current.id).inserted, let condition = current.headline {
      let mark = current.isReady ? style.green("✓") : style.yellow("!")
      text += "\(mark) \(current.id) is \(condition.type.rawValue) since \((now - condition.since).ago): "
      text += "\(condition.message)\n"
      guard condition.reason == "DependencyNotReady",
        let cause = statuses.values.first(where: { condition.message == "waits for \($0.id)" })
      else { break }
      current = cause
    }
    if let next = current.nextAttempt {
      text += "  failed \(current.failures) time\(current.failures == 1 ? "" : "s") in a row; "
      text += next > now ? "next try in \((next - now).ago), at \(next)\n" : "next try is due now\n"
      text += style.dim("  tries go on while ‘rendertrust up’ runs; ‘rendertrust apply’ tries at once\n")
    } else if !current.isReady {
      text += "  looked at again at the next resync, or when what it waits for changes\n"
    }
    let events = (try? await session.store.events(of: environment, id: current.id, limit: 5)) ?? []
    for event in events.reversed() {
      text += style.dim("  \((now - event.at).ago) ago  ") + "\(event.reason)  \(event.message)\n"
    }
    return text
  }
}
