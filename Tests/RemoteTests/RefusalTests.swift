import FoundationEssentials
import Gateway
import GatewaySupport
import HTTP
import Ledger
import Model
import Testing

@testable import ControlPlane
@testable import rendertrust

extension Remote {
  @Suite struct Refusals {
    @Test("An invalid, missing or insufficient token is refused and never printed")
    func tokens() async throws {
      try await ServedState.with { served in
        try served.writeLedger()
        let wrong = "rt_" + String(repeating: "a", count: 40)
        let refused = try await served.remote(["get"], token: wrong)
        #expect(refused.exitCode == 1 && refused.errors.contains("rejected the token"), "\(refused)")
        #expect(!refused.description.contains(wrong))
        let missing = try await served.remote(["get"], token: "")
        #expect(missing.exitCode == 1 && missing.errors.contains("requires a token"), "\(missing)")
        let viewer = served.tokens.make("vera", .viewer)
        let forbidden = try await served.remote(["apply", served.manifests], token: viewer)
        #expect(forbidden.exitCode == 1 && forbidden.errors.contains("role viewer"), "\(forbidden)")
        let plan = try await served.remote(["plan", served.manifests], token: viewer)
        #expect(plan.exitCode == 1 && plan.errors.contains("role viewer"), "\(plan)")
        let file = served.folder + "/token"
        try (served.operatorToken + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        let listed = try await ServedState.execute(
          ["environments", "--server", served.address, "--token-file", file], ["RENDERTRUST_TOKEN": ""])
        #expect(listed.exitCode == 0, "\(listed)")
      }
    }

    @Test("A creator sees its own account only")
    func creators() async throws {
      try await ServedState.with { served in
        try served.writeLedger()
        try #require(try await served.local(["apply", served.manifests]).exitCode == 0)
        for account in ["ada", "bob"] {
          _ = try await served.local(["credits", "grant", account, "1", "--key", "a"])
        }
        let ada = served.tokens.make("ada-laptop", .creator, subject: "ada")
        let own = try await served.remote(["credits", "-o", "name"], token: ada)
        #expect(own.output == "ada\n", "\(own)")
        for words in [
          ["balance", "bob"], ["statement", "bob"], ["holds", "bob"], ["balance", "ada", "bob"],
        ] {
          let other = try await served.remote(["credits"] + words, token: ada)
          #expect(other.exitCode == 1 && other.errors.contains("there is no account ‘bob’"), "\(other)")
        }
        let grant = try await served.remote(["credits", "grant", "ada", "100"], token: ada)
        #expect(grant.exitCode == 1 && grant.errors.contains("role creator"), "\(grant)")
        #expect(try await served.remote(["get"], token: ada).exitCode == 1)
      }
    }

    @Test("Manifests without a resource or with a member twice are refused")
    func emptyManifests() async throws {
      try await ServedState.with { served in
        try served.writeLedger()
        let high = try await served.remote(["apply", served.folder])
        #expect(high.exitCode == 2 && high.errors.contains("did you mean `\(served.manifests)`?"), "\(high)")
        let comments = served.folder + "/comments"
        try FileManager.default.createDirectory(atPath: comments, withIntermediateDirectories: true)
        try "# nothing\n".write(toFile: comments + "/a.yaml", atomically: true, encoding: .utf8)
        for command in ["plan", "apply"] {
          let empty = try await served.remote([command, comments])
          #expect(empty.exitCode == 2 && empty.errors.contains("no resources were found"), "\(empty)")
          let allowed = try await served.remote([command, comments, "--allow-empty"])
          #expect(allowed.exitCode == 0, "\(allowed)")
        }
        let listed = try await served.remote(["environments", "-o", "name"])
        #expect(listed.output.isEmpty, "\(listed)")
        try #require(try await served.remote(["apply", served.manifests]).exitCode == 0)
        let other = try await served.remote(["apply", comments, "--allow-empty"])
        #expect(other.exitCode == 2 && other.errors.contains("the state has dev"), "\(other)")
        let unknown = try await served.remote(["environments", "forget", "nope"])
        #expect(
          unknown.exitCode == 1 && unknown.errors.contains("nothing was applied in an environment ‘nope’"),
          "\(unknown)")
        let owner = try await served.remote(["environments", "forget", "dev"])
        #expect(owner.exitCode == 1 && owner.errors.contains("--abandon"), "\(owner)")
      }
    }

    @Test("A body with an unknown or invalid member is refused")
    func bodies() async throws {
      try await ServedState.with { served in
        let client = HTTPClient()
        defer { client.shutdown() }
        for (body, reason) in [
          (#"{"manifests":{"files":[]},"atomic":"true"}"#, "body.atomic is not of type boolean"),
          (#"{"manifests":{"files":[]},"atomik":true}"#, "body.atomik"),
          (#"{"manifests":{"files":[{"name":"a"}]}}"#, "body.manifests.files[0].text is required"),
          (#"{"atomic":true}"#, "body.manifests is required"), ("[]", "is not of type object"),
          (#"{"manifests":{"files":[]},"commit":"not a commit"}"#, "is not a commit"),
          (#"{"manifests":{"files":[]},"allow":["everything"]}"#, "is not an allowance"),
        ] {
          var request = HTTPRequest(
            .post, "http://localhost/api/v1/apply", unixSocket: served.folder + "/api.sock")
          request.add("Authorization", "Bearer \(served.operatorToken)")
          request.add("Content-Type", "application/json")
          request.body = Array(body.utf8)
          let response = try await client.send(request)
          #expect(response.status == 400 && response.text.contains(reason), "\(body): \(response.text)")
        }
      }
    }

    @Test("An invalid resource filter is refused")
    func filters() async throws {
      try await ServedState.with { served in
        let client = HTTPClient()
        defer { client.shutdown() }
        for path in ["events", "audit"] {
          var request = HTTPRequest(
            .get, "http://localhost/api/v1/\(path)?resource=Ledger", unixSocket: served.folder + "/api.sock")
          request.add("Authorization", "Bearer \(served.operatorToken)")
          let response = try await client.send(request)
          #expect(response.status == 400 && response.text.contains("Kind/name"), "\(response.text)")
        }
      }
    }

    @Test("Manifests of a request read no file of the server")
    func files() async throws {
      try await ServedState.with { served in
        let secret = served.folder + "/secret.yaml"
        try "password: hunter2\n".write(toFile: secret, atomically: true, encoding: .utf8)
        let text = """
          apiVersion: rendertrust.com/v1
          kind: Environment
          metadata: {name: dev}
          spec: {variablesFrom: [{file: \(secret)}]}
          """
        let bundle = ManifestBundleText.value(name: "a.yaml", text: text)
        let client = HTTPClient()
        defer { client.shutdown() }
        var request = HTTPRequest(
          .post, "http://localhost/api/v1/plan", unixSocket: served.folder + "/api.sock")
        request.add("Authorization", "Bearer \(served.operatorToken)")
        request.add("Content-Type", "application/json")
        request.body = Value.members(["manifests": bundle]).jsonBytes()
        let response = try await client.send(request)
        #expect(response.status == 422 && !response.text.contains("hunter2"), "\(response.text)")
        #expect(response.headers["Content-Type"] == "application/problem+json")
        #expect(
          response.text.contains("diagnostics") && response.text.contains("about:blank"), "\(response.text)")
      }
    }

    @Test("An unreachable server is an error; with RENDERTRUST_SERVER, local commands require --state")
    func unreachable() async throws {
      try await ServedState.with { served in
        let missing = try await ServedState.execute(["get", "--server", "unix:///nowhere/x.sock"], [:])
        #expect(missing.exitCode == 1 && missing.errors.contains("does not exist"), "\(missing)")
        let variable = ["RENDERTRUST_SERVER": served.address, "RENDERTRUST_TOKEN": served.operatorToken]
        let listed = try await ServedState.execute(["environments"], variable)
        #expect(listed.exitCode == 0, "\(listed)")
        let destroy = try await ServedState.execute(["destroy", "--yes"], variable)
        #expect(destroy.exitCode == 2 && destroy.errors.contains("RENDERTRUST_SERVER is set"), "\(destroy)")
        let both = try await ServedState.execute(["get", "--server", served.address, "--state", "x"], [:])
        #expect(both.exitCode == 2, "\(both)")
      }
    }
  }
}

private enum ManifestBundleText {
  static func value(name: String, text: String) -> Value {
    .members(["files": .array([.members(["name": .string(name), "text": .string(text)])])])
  }
}
