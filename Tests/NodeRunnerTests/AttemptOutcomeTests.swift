import ContainerSupport
import Model
import Testing

@testable import JobModel
@testable import NodeRunner

/// The result that follows from how an attempt ended.
struct AttemptOutcomeTests {
  private static let order = WorkOrder.test(units: 10)

  struct Case: Sendable, CustomTestStringConvertible {
    let end: ExecutionEnd
    let expected: AttemptOutcome
    let reason: String
    var testDescription: String { reason }
  }

  private static func command(_ end: CommandResult.End, _ output: String = "", errors: String = "")
    -> ExecutionEnd
  {
    .command(
      CommandResult(end, output: Array(output.utf8), errors: Array(errors.utf8)), command: ["/module/run"])
  }

  private static func success(_ output: Value, units: Int64 = 10, artefacts: [Artefact] = [])
    -> AttemptOutcome
  { .success(units: units, output: output, artefacts: artefacts) }

  static let commands: [Case] = [
    Case(
      end: command(.exited(0), #"{"text":"hi"}"#), expected: success(.members(["text": .string("hi")])),
      reason: "an output without units counts all ordered units"),
    Case(
      end: command(.exited(0), #"{"units":4}"#),
      expected: success(.members(["units": .integer(4)]), units: 4),
      reason: "the output states the units"),
    Case(
      end: command(.exited(0), #"{"units":99}"#), expected: success(.members(["units": .integer(99)])),
      reason: "units never exceed the order"),
    Case(
      end: command(.exited(0), #"{"units":-1}"#),
      expected: success(.members(["units": .integer(-1)]), units: 0), reason: "units are never negative"),
    Case(
      end: command(.exited(0), #"{"artefacts":[{"name":"a","reference":"s3://b/a","bytes":7},{"x":1}]}"#),
      expected: success(
        .members([
          "artefacts": .array([
            .members(["bytes": .integer(7), "name": .string("a"), "reference": .string("s3://b/a")]),
            .members(["x": .integer(1)]),
          ])
        ]), artefacts: [Artefact(name: "a", reference: "s3://b/a", bytes: 7)]),
      reason: "malformed artefacts are skipped"),
    Case(
      end: command(.exited(0), " \n", errors: "why\n"),
      expected: .failure(reason: "the output is empty where JSON is expected: why", isFinal: false),
      reason: "an empty output is a failure with the messages of the command"),
    Case(
      end: command(.exited(0), "done!"),
      expected: .failure(reason: "the output is not JSON at byte 0: a value was expected", isFinal: false),
      reason: "an output that is not JSON is a failure with the position"),
    Case(
      end: command(.exited(65), errors: "frames is missing\n"),
      expected: .failure(
        reason: "the module rejects the input (exit code 65): frames is missing", isFinal: true),
      reason: "a rejection is final"),
    Case(
      end: command(.exited(1), errors: "a\nb\n{\"progress\":{\"units\":1}}\nc\u{1B}[31m\u{7}d\n\n"),
      expected: .failure(reason: "exit code 1: a | b | c [31m d", isFinal: false),
      reason: "the reason holds the last lines without control characters and progress"),
    Case(
      end: command(.exited(127), errors: "sh: /module/run: not found"),
      expected: .failure(
        reason: "/module/run does not exist in the container (exit code 127): sh: /module/run: not found",
        isFinal: false), reason: "a missing command is named"),
    Case(
      end: command(.exited(126)),
      expected: .failure(
        reason: "/module/run in the container cannot be executed (exit code 126)", isFinal: false),
      reason: "a command that cannot be executed is named"),
    Case(
      end: command(.exited(137)),
      expected: .failure(
        reason: "the command was killed (exit code 137), possibly out of memory", isFinal: false),
      reason: "a killed command may be retried"),
    Case(
      end: command(.timedOut),
      expected: .failure(reason: "timed out and was stopped at 2026-12-01T00:00:00Z", isFinal: true),
      reason: "a time-out is final"),
    Case(
      end: command(.tooMuchOutput),
      expected: .failure(reason: "the output exceeds 1 MiB", isFinal: true),
      reason: "too much output is final"),
  ]

  static let others: [Case] = [
    Case(
      end: .answer(status: 200, body: Array("[1]".utf8)), expected: success(.array([.integer(1)])),
      reason: "any JSON value is an output"),
    Case(
      end: .answer(status: 204, body: []),
      expected: .failure(reason: "the output is empty where JSON is expected", isFinal: false),
      reason: "an empty answer is a failure"),
    Case(
      end: .answer(status: 422, body: Array(#"{"error":"no"}"#.utf8)),
      expected: .failure(
        reason: #"the module rejects the input (HTTP status 422): {"error":"no"}"#, isFinal: true),
      reason: "4xx rejects the input"),
    Case(
      end: .answer(status: 429, body: []), expected: .failure(reason: "HTTP status 429", isFinal: false),
      reason: "429 is transient"),
    Case(
      end: .answer(status: 503, body: Array("busy".utf8)),
      expected: .failure(reason: "HTTP status 503: busy", isFinal: false), reason: "5xx may be retried"),
    Case(
      end: .answer(status: 302, body: []), expected: .failure(reason: "HTTP status 302", isFinal: false),
      reason: "redirects are not followed"),
    Case(
      end: .noContainer,
      expected: .interruption(
        .lostContainer, reason: "the node has no healthy container of echo with the job's image"),
      reason: "another node may have a container"),
    Case(
      end: .containerNotReady,
      expected: .interruption(
        .byPlatform, reason: "the container of echo on the node is not ready yet"),
      reason: "a container that is not there yet is no failure of the node"),
    Case(
      end: .containerExited,
      expected: .interruption(.lostContainer, reason: "the container exited during the attempt"),
      reason: "another container may not exit"),
    Case(
      end: .unreachable("Docker\nis away"), expected: .failure(reason: "Docker is away", isFinal: false),
      reason: "an unreachable engine may be retried elsewhere"),
    Case(
      end: .stopped, expected: .failure(reason: "the attempt was stopped", isFinal: true),
      reason: "a stop is final"),
    Case(
      end: .runnerStopped, expected: .interruption(.byPlatform, reason: "the runner was stopped"),
      reason: "another node may retry the job"),
  ]

  @Test("The end of a command decides the outcome", arguments: commands)
  func commandOutcome(_ case: Case) {
    #expect(AttemptOutcome(`case`.end, of: Self.order) == `case`.expected)
  }

  @Test("Any other end decides the outcome", arguments: others)
  func otherOutcome(_ case: Case) {
    #expect(AttemptOutcome(`case`.end, of: Self.order) == `case`.expected)
  }

  @Test(
    "A progress line is parsed",
    arguments: [
      (#"{"progress": {"units": 3, "note": "frame 3"}}"#, 3, "frame 3", "both"),
      (#"{"progress":{"units":3}}"#, 3, nil, "units alone"),
      (
        #"{"progress":{"units":-3,"note":"a\u0007b"}}"#, nil, "a b",
        "negative units and control characters are dropped"
      ),
    ] as [(String, Int64?, String?, String)])
  func progressLine(line: String, units: Int64?, note: String?, reason: String) throws {
    let progress = try #require(ProgressLine(Array(line.utf8)), "\(reason)")
    #expect(progress.units == units && progress.note == note, "\(reason)")
  }

  @Test(
    "Any other line is not progress",
    arguments: ["", "{", "progress", #"{"progress": 3}"#, #"{"units": 3}"#, #" {"progress":{}}"#])
  func otherLine(line: String) { #expect(ProgressLine(Array(line.utf8)) == nil) }

  @Test("Usage never exceeds what the elapsed time allows")
  func usageIsLimited() {
    let stdio = WorkInterface.stdio(command: ["x"])
    let plain = AttemptMeter(.test(), of: .test(stdio, cores: 2000))
    let at = { (seconds: Int64) in TimeSpan(seconds: seconds) }
    #expect(
      plain.usage(from: at(5), to: at(8)) == WorkUsage(cpu: 6000),
      "without a measurement the claimed cores count")
    #expect(
      plain.usage(from: at(5), to: at(8), measured: at(2)) == WorkUsage(cpu: 2000), "the measurement counts")
    #expect(
      plain.usage(from: at(5), to: at(8), measured: at(9)) == WorkUsage(cpu: 6000),
      "the measurement is limited")
    #expect(plain.usage(from: at(8), to: at(5)) == WorkUsage(), "a clock that goes back counts as no time")
    #expect(plain.usageSoFar(from: at(5), to: at(8)) == WorkUsage(), "measured usage is reported at the end")
    let http = AttemptMeter(.test(), of: .test(.http(port: 1, path: "/"), cores: 500))
    #expect(
      http.usageSoFar(from: at(5), to: at(8)) == WorkUsage(cpu: 1500), "usage over HTTP is not measured")
    var order = WorkOrder.test()
    order.gpu = 0
    let gpu = AttemptMeter(order, of: .test(stdio, cores: 500))
    #expect(
      gpu.usage(from: at(5), to: at(8), measured: at(2)) == WorkUsage(gpu: 3000),
      "a GPU counts for the whole time"
    )
    #expect(gpu.usageSoFar(from: at(5), to: at(8)) == WorkUsage(gpu: 3000))
    #expect(AttemptMeter(.test(), of: nil).usage(from: at(0), to: at(1)) == WorkUsage(cpu: 1000))
  }
}
