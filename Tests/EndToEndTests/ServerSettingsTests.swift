import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

extension EndToEnd {
  /// Sources and precedence of server settings.
  @Suite struct ServerSettingsTests {
    @Test("Flags override variables, variables override the file, the file overrides defaults")
    func precedence() async throws {
      try await Installation.with { installation in
        try installation.write(
          "resync: 9s\ndrain: 5s\nlogLevel: debug\nmanifests: [a, b]\n", to: "server.yaml")
        let file = installation.manifestFolder + "/server.yaml"
        let outcome = try await installation.run(
          "server", "--config", file, "--resync", "7s", "--print-config",
          variables: [
            "RENDERTRUST_RESYNC": "8s", "RENDERTRUST_DRAIN": "4s",
            "RENDERTRUST_DATABASE": "postgres://u:geheim@h/d",
          ])
        #expect(outcome.exitCode == 0, "\(outcome)")
        let lines = Dictionary(
          outcome.output.split(separator: "\n").compactMap { line -> (String, String)? in
            let parts = line.split(separator: "#", maxSplits: 1).map {
              $0.split(separator: " ").joined(separator: " ")
            }
            guard parts.count == 2, let name = parts[0].split(separator: ":").first else { return nil }
            return (String(name), "\(parts[0]) | \(parts[1])")
          }, uniquingKeysWith: { first, _ in first })
        #expect(lines["resync"] == #"resync: "7s" | flag"#)
        #expect(lines["drain"] == #"drain: "4s" | environment RENDERTRUST_DRAIN"#)
        #expect(lines["logLevel"] == #"logLevel: "debug" | file "# + file)
        #expect(lines["manifests"] == #"manifests: ["a","b"] | file "# + file)
        #expect(lines["listen"] == #"listen: "127.0.0.1:9464" | default"#)
        #expect(lines["database"] == #"database: "‹redacted›" | environment RENDERTRUST_DATABASE"#)
        #expect(!outcome.output.contains("geheim"))
        let json = try await installation.run(
          "server", "--print-config", variables: ["RENDERTRUST_CONFIG": file])
        #expect(json.output.contains(#"resync: "9s""#), "\(json)")
      }
    }

    struct Case: Sendable, CustomTestStringConvertible {
      let reason: String
      var file: String?
      var variables: Installation.Variables = [:]
      var arguments: [String] = []
      let errors: [String]
      var testDescription: String { reason }
    }

    static let cases = [
      Case(
        reason: "an unknown key", file: "lissten: 127.0.0.1:1\n",
        errors: ["server.yaml:1:1: error: the document has no field ‘lissten’", "did you mean `listen`?"]),
      Case(
        reason: "an invalid value", file: "manifests: [x]\nresync: soon\n",
        errors: ["server.yaml:2:9: error: ‘resync’ must be a duration"]),
      Case(
        reason: "invalid YAML", file: "a: [\n",
        errors: ["server.yaml:1:5: error: the text ends in the middle of a value"]),
      Case(
        reason: "an invalid variable", variables: ["RENDERTRUST_LISTEN": "9464"],
        errors: ["listen (environment RENDERTRUST_LISTEN): ‘9464’"]),
      Case(
        reason: "an invalid flag", arguments: ["--drain", "1h"],
        errors: ["drain (flag): 1h is longer than 9s"]),
      Case(reason: "no manifests", errors: ["no manifests", "RENDERTRUST_MANIFESTS"]),
    ]

    @Test("An invalid setting is an error with its location", arguments: cases)
    func invalidSettings(_ example: Case) async throws {
      try await Installation.with { installation in
        var variables = example.variables
        if let file = example.file {
          try installation.write(file, to: "server.yaml")
          variables["RENDERTRUST_CONFIG"] = installation.manifestFolder + "/server.yaml"
        }
        let outcome = try await installation.run(["server"] + example.arguments, variables: variables) { _ in
        }.outcome
        #expect(outcome.exitCode == 2, "\(outcome)")
        for text in example.errors { #expect(outcome.errors.contains(text), "\(outcome)") }
      }
    }

    @Test("A server that cannot listen changes nothing and names the port")
    func inUse() async throws {
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(listener) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          _ = bind(listener, address, length)
          _ = listen(listener, 1)
          _ = getsockname(listener, address, &length)
        }
      }
      let port = UInt16(bigEndian: address.sin_port)
      try await Installation.with { installation in
        try installation.write([.environment, .database])
        let outcome = try await installation.run(
          "server", installation.manifestFolder, "--listen", "127.0.0.1:\(port)")
        #expect(outcome.exitCode == 1, "\(outcome)")
        #expect(outcome.errors.contains("cannot listen on 127.0.0.1:\(port): something else listens there"))
        let revisions = try await installation.query("SELECT count(*) FROM revisions")
        #expect(try revisions.only().int(0) == 0)
      }
    }
  }
}
