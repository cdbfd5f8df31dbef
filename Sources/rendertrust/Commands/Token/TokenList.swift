import ArgumentParser
import ControllerState
import ControlPlane
import Model
import Reconciling

struct TokenList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Who may use the API, and who may no longer.")

  @OptionGroup var state: StateOptions

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.open(state) { session in
      let tokens = try await session.tokens.all()
      if output == .json {
        return Output.write(Value.array(tokens.map(\.value)).prettyJSON)
      }
      guard !tokens.isEmpty else { return Output.print("There are no tokens.") }
      let now = session.engine.time.now()
      var table = Table(["NAME", "ROLE", "SUBJECT", "STATE", "MADE BY", "LAST USED"])
      for token in tokens {
        table.add([
          token.name, token.role, token.subject ?? "–", token.state(at: now), token.createdBy,
          token.lastUsedAt.map { (now - $0).ago } ?? "–",
        ])
      }
      Output.write(table)
    }
  }
}

extension StoredToken {
  fileprivate func state(at now: Timestamp) -> String {
    if let revokedAt { return "revoked \(revokedAt)" }
    guard let expiresAt else { return "good" }
    return expiresAt > now ? "good until \(expiresAt)" : "expired \(expiresAt)"
  }

  fileprivate var value: Value {
    .members([
      "name": .string(name), "role": .string(role), "subject": subject.map { .string($0) },
      "createdAt": .string(createdAt.description), "createdBy": .string(createdBy),
      "expiresAt": expiresAt.map { .string($0.description) },
      "revokedAt": revokedAt.map { .string($0.description) },
      "lastUsedAt": lastUsedAt.map { .string($0.description) },
    ])
  }
}
