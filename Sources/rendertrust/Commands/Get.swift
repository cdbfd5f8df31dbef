import ArgumentParser
import Component
import Manifests
import Model
import Reconciling

struct Get: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how resources are.",
    discussion: "json gives id, observed revision and conditions; yaml gives manifests; name gives Kind/name."
  )

  @Argument(help: "A kind, or Kind/name; all resources where it is left out.")
  var subject: String?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  @Option(name: .shortAndLong, help: "How to print: text, json, yaml or name.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let statuses = try await session.store.statuses(of: environment).values.filter(matches).sorted {
        $0.id < $1.id
      }
      if statuses.isEmpty, let subject {
        let all = try await session.store.statuses(of: environment).keys.sorted()
        throw CommandFailure.failed(
          "nothing in \(environment) is called ‘\(subject)’; there \(all.isEmpty ? "is nothing yet" : "are \(all.map(\.description).joined(separator: ", "))")"
        )
      }
      switch output {
      case .json: Output.write(Value.array(statuses.map(\.value)).prettyJSON)
      case .name: for status in statuses { Output.print(status.id.description) }
      case .yaml: try await printManifests(of: statuses, in: environment, session)
      case .text: printTable(statuses, now: session.engine.time.now())
      }
    }
  }

  private func matches(_ status: ResourceStatus) -> Bool {
    guard let subject else { return true }
    return subject.contains("/") ? status.id.description == subject : status.id.kind == subject
  }

  private func printManifests(of statuses: [ResourceStatus], in environment: String, _ session: Session)
    async throws
  {
    let inventory = try await session.store.inventory(of: environment, knowing: [])
    let kinds = session.platform.kinds
    let manifests = statuses.compactMap { inventory[$0.id] }.map { kinds.manifest(of: $0.resource) }
    Output.write(manifests.joined(separator: "---\n"))
  }

  private func printTable(_ statuses: [ResourceStatus], now: Timestamp) {
    var table = Table(["RESOURCE", "STATUS", "REVISION", "SINCE", "MESSAGE"])
    for status in statuses {
      let condition = status.headline
      table.add([
        status.id.description, condition?.type.rawValue ?? "Unknown", String(status.revision),
        condition.map { (now - $0.since).ago } ?? "–", condition?.message ?? "",
      ])
    }
    Output.write(
      table.text(width: Output.width) { cell, row, column in
        if row == 0 { return Output.style.dim(cell) }
        guard column == 1 else { return cell }
        return statuses[row - 1].isReady ? Output.style.green(cell) : Output.style.yellow(cell)
      })
  }
}

extension ResourceStatus {
  var value: Value {
    .members([
      "id": .string(id.description), "observedRevision": .integer(revision), "mode": .string(mode.rawValue),
      "failures": .integer(Int64(failures)), "nextAttempt": nextAttempt.map { .string($0.description) },
      "conditions": .array(
        conditions.map { condition in
          .members([
            "type": .string(condition.type.rawValue), "status": .bool(condition.status),
            "reason": .string(condition.reason), "message": .string(condition.message),
            "since": .string(condition.since.description),
            "observedRevision": .integer(condition.observedRevision),
          ])
        }),
    ])
  }
}
