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
      if output == .json {
        Output.write(Value.array(revisions.map(\.value)).prettyJSON)
        return
      }
      var table = Table(["REVISION", "AGE", "ACTOR", "COMMIT", "WHAT"])
      for revision in revisions {
        table.add([
          String(revision.number), (session.engine.time.now() - revision.createdAt).ago, revision.actor,
          revision.commit.map { String($0.prefix(8)) } ?? "–", revision.message,
        ])
      }
      Output.write(
        table.text(width: Output.width) { cell, row, _ in row == 0 ? Output.style.dim(cell) : cell })
    }
  }
}

extension Revision {
  fileprivate var value: Value {
    .members([
      "revision": .integer(number), "environment": .string(environment),
      "digest": .string(manifestDigest.description),
      "createdAt": .string(createdAt.description), "actor": .string(actor),
      "commit": commit.map { .string($0) },
      "message": .string(message),
    ])
  }
}
