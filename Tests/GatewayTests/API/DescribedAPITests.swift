import Gateway
import GatewaySupport
import JobModel
import Model
import Subprocess
import Testing

/// The API as programs of others see it, that know its description or the protocol's document and nothing
/// else.
@Suite(.serialized, .timeLimit(.minutes(3))) struct DescribedAPITests {
  private static var root: String {
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
  }

  private static func python(_ script: String, _ arguments: [String]) async throws -> (
    isDone: Bool, text: String
  ) {
    let made = try await Subprocess.run(
      .name("env"),
      arguments: [
        "\(root)/scripts/python.sh", "\(root)/.build/python/openapi", "openapi-spec-validator==0.9.0",
        "schemathesis==4.32.5",
      ], output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
    try #require(made.terminationStatus.isSuccess, "\(made.standardError)")
    let python = made.standardOutput.split(separator: "\n").last.map(String.init) ?? ""
    let result = try await Subprocess.run(
      .name("env"), arguments: Arguments([python, "\(root)/Tests/Support/\(script)"] + arguments),
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    return (
      result.terminationStatus.isSuccess, result.standardOutput + String(result.standardError.suffix(4000))
    )
  }

  @Test("Its description is valid OpenAPI") func itsDescriptionIsValidOpenAPI() async throws {
    try await ServedAPI.with { api in
      let result = try await Self.python("API/check.py", ["valid", "http://\(api.address)"])
      #expect(result.isDone && result.text.contains("valid: 16 operations"), "\(result.text)")
    }
  }

  @Test("Generated requests cause no 5xx, and responses match the description")
  func generatedRequestsCauseNo5xxAndResponsesMatch() async throws {
    try await ServedAPI.with { limits in
      limits.perToken = nil
      limits.rejections = Rate(perSecond: 1_000_000)
    } _: { api in
      let tokens = [
        "admin=" + api.tokens.make("admin", .admin),
        "creator=" + api.tokens.make("ada", .creator, subject: "ada"),
        "node=" + api.tokens.make("north", .node, subject: "north"),
      ]
      let result = try await Self.python("API/check.py", ["fuzz", "http://\(api.address)", "20"] + tokens)
      print(result.text)
      #expect(result.isDone && result.text.contains("fuzz: 200="), "\(result.text)")
    }
  }

  @Test("A worker written from the document runs jobs, and repeated reports pay once")
  func aWorkerWrittenFromTheDocumentRunsJobs() async throws {
    try await ServedAPI.with { api in
      let node = api.tokens.make("north", .node, subject: "north")
      for number in 0..<3 {
        let order = JobOrder(creator: "ada", module: "echo", input: .integer(Int64(number)), units: 10)
        _ = try await api.jobs.submit(order)
      }
      let result = try await Self.python(
        "Worker/worker.py",
        [
          "http://\(api.address)", "north", "--token", node, "--jobs", "3", "--wait", "1s", "--twice", "1",
          "--seconds", "0.2", "--progress-every", "0.1",
        ])
      #expect(result.isDone, "\(result.text)")
      #expect(result.text.components(of: "\nsucceeded ") == 3, "\(result.text)")
      #expect(result.text.components(of: "409 superseded") == 3, "\(result.text)")
      let jobs = try await api.jobs.jobs(JobQuery())
      #expect(jobs.map(\.state) == [.succeeded, .succeeded, .succeeded])
      #expect(jobs.map(\.output) == [.integer(2), .integer(1), .integer(0)])
    }
  }
}
