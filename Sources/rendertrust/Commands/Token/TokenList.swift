import ArgumentParser
import ControlPlane
import ControllerState
import Model
import Reconciling

struct TokenList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List API tokens with their role and validity.")

  @OptionGroup var state: StateOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = DocumentFormat.text

  func run() async throws {
    try await StateSession.open(state) { state in
      let tokens = try await state.tokens.list()
      output.write(.array(tokens.map(\.document))) { text(of: tokens, now: state.time.now()) }
    }
  }

  private func text(of tokens: [StoredToken], now: Timestamp) -> String {
    guard !tokens.isEmpty else { return "There are no tokens.\n" }
    var table = Table(["NAME", "ROLE", "SUBJECT", "STATUS", "CREATED BY", "LAST USED"])
    for token in tokens {
      table.add([
        token.name, token.role, token.subject ?? "–", token.status(at: now), token.createdBy,
        token.lastUsedAt.map { (now - $0).ago } ?? "–",
      ])
    }
    return Output.text(of: table)
  }
}

extension StoredToken {
  fileprivate func status(at now: Timestamp) -> String {
    if let revokedAt { return "revoked \(revokedAt)" }
    guard let expiresAt else { return "valid" }
    return expiresAt > now ? "valid until \(expiresAt)" : "expired \(expiresAt)"
  }

  fileprivate var document: Value {
    .members([
      "name": .string(name), "role": .string(role), "subject": subject.map { .string($0) },
      "createdAt": .string(createdAt.description), "createdBy": .string(createdBy),
      "expiresAt": expiresAt.map { .string($0.description) },
      "revokedAt": revokedAt.map { .string($0.description) },
      "lastUsedAt": lastUsedAt.map { .string($0.description) },
    ])
  }
}
