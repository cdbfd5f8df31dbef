import ArgumentParser
import Model
import Reconciling

struct History: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the revisions of an environment, newest first.")

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  @Option(name: .long, help: "How many to list.")
  var limit = 20

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let revisions = try await session.store.revisions(of: environment, limit: limit)
      let quarantines = Dictionary(
        try await session.store.quarantines(of: environment).map { ($0.digest, $0) },
        uniquingKeysWith: { first, _ in first })
      if output == .json {
        Output.write(
          Value.array(revisions.map { $0.value(quarantines[$0.manifestDigest]) }).prettyJSON)
        return
      }
      var table = Table(["REVISION", "AGE", "ACTOR", "COMMIT", "STATE", "WHAT"])
      for revision in revisions {
        table.add([
          String(revision.number), (session.engine.time.now() - revision.createdAt).ago, revision.actor,
          revision.commit.map { String($0.prefix(8)) } ?? "–",
          quarantines[revision.manifestDigest] != nil
            ? "quarantined" : revision.number == revisions.first?.number ? "newest" : "",
          revision.message,
        ])
      }
      Output.write(
        table.text(width: Output.width) { cell, row, column in
          if row == 0 { return Output.style.dim(cell) }
          return column == 4 && cell == "quarantined" ? Output.style.yellow(cell) : cell
        })
    }
  }
}

extension Revision {
  fileprivate func value(_ quarantine: Quarantine?) -> Value {
    .members([
      "quarantined": quarantine.map {
        .members([
          "at": .string($0.at.description), "by": .string($0.actor), "reason": .string($0.reason),
        ])
      },
      "revision": .integer(number), "environment": .string(environment),
      "digest": .string(manifestDigest.description),
      "createdAt": .string(createdAt.description), "actor": .string(actor),
      "commit": commit.map { .string($0) },
      "message": .string(message),
    ])
  }
}
