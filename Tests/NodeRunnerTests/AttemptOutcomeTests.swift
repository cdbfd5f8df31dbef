import ContainerSupport
import Model
import Testing

@testable import JobModel
@testable import NodeRunner

/// What becomes of an attempt, from how it ended at its container.
struct AttemptOutcomeTests {
  private static let order = WorkOrder.test(units: 10)

  struct Case: Sendable, CustomTestStringConvertible {
    let end: ExecutionEnd
    let expected: AttemptOutcome.Verdict
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
    -> AttemptOutcome.Verdict
  { .success(units: units, output: output, artefacts: artefacts) }

  static let commands: [Case] = [
    Case(
      end: command(.exited(0), #"{"text":"hi"}"#), expected: success(.members(["text": .string("hi")])),
      reason: "without a word all units that were ordered are done"),
    Case(
      end: command(.exited(0), #"{"units":4}"#),
      expected: success(.members(["units": .integer(4)]), units: 4),
      reason: "the output says how many units"),
    Case(
      end: command(.exited(0), #"{"units":99}"#), expected: success(.members(["units": .integer(99)])),
      reason: "never more units than were ordered"),
    Case(
      end: command(.exited(0), #"{"units":-1}"#),
      expected: success(.members(["units": .integer(-1)]), units: 0), reason: "never fewer than none"),
    Case(
      end: command(.exited(0), #"{"artefacts":[{"name":"a","reference":"s3://b/a","bytes":7},{"x":1}]}"#),
      expected: success(
        .members([
          "artefacts": .array([
            .members(["bytes": .integer(7), "name": .string("a"), "reference": .string("s3://b/a")]),
            .members(["x": .integer(1)]),
          ])
        ]), artefacts: [Artefact(name: "a", reference: "s3://b/a", bytes: 7)]),
      reason: "artefacts are those that can be read"),
    Case(
      end: command(.exited(0), " \n", errors: "why\n"),
      expected: .failure(reason: "its output is empty where JSON belongs: why", isFinal: false),
      reason: "no output is a failure, with what it said"),
    Case(
      end: command(.exited(0), "done!"),
      expected: .failure(reason: "its output is not JSON at byte 0: a value was expected", isFinal: false),
      reason: "no JSON is a failure, with where"),
    Case(
      end: command(.exited(65), errors: "frames is missing\n"),
      expected: .failure(
        reason: "the module refuses the input (exit code 65): frames is missing", isFinal: true),
      reason: "a refused input is refused everywhere"),
    Case(
      end: command(.exited(1), errors: "a\nb\n{\"progress\":{\"units\":1}}\nc\u{1B}[31m\u{7}d\n\n"),
      expected: .failure(reason: "exit code 1: a | b | c [31m d", isFinal: false),
      reason: "the last lines without control characters and progress"),
    Case(
      end: command(.exited(127), errors: "sh: /module/run: not found"),
      expected: .failure(
        reason: "/module/run is not in the container (exit code 127): sh: /module/run: not found",
        isFinal: false), reason: "a command that is not there is named"),
    Case(
      end: command(.exited(126)),
      expected: .failure(
        reason: "/module/run in the container cannot be executed (exit code 126)", isFinal: false),
      reason: "so is one that cannot be executed"),
    Case(
      end: command(.exited(137)),
      expected: .failure(reason: "it was killed (exit code 137), perhaps for want of memory", isFinal: false),
      reason: "killed from outside"),
    Case(
      end: command(.timedOut),
      expected: .failure(reason: "its time was up: it was stopped at 2026-12-01T00:00:00Z", isFinal: true),
      reason: "more time there is nowhere"),
    Case(
      end: command(.tooMuchOutput),
      expected: .failure(reason: "its output is longer than 1 MiB", isFinal: true),
      reason: "it would be as long elsewhere"),
  ]

  static let others: [Case] = [
    Case(
      end: .answer(status: 200, body: Array("[1]".utf8)), expected: success(.array([.integer(1)])),
      reason: "any JSON is an output"),
    Case(
      end: .answer(status: 204, body: []),
      expected: .failure(reason: "its output is empty where JSON belongs", isFinal: false),
      reason: "an empty answer is none"),
    Case(
      end: .answer(status: 422, body: Array(#"{"error":"no"}"#.utf8)),
      expected: .failure(
        reason: #"the module refuses the input (HTTP status 422): {"error":"no"}"#, isFinal: true),
      reason: "4xx refuses the input"),
    Case(
      end: .answer(status: 429, body: []), expected: .failure(reason: "HTTP status 429", isFinal: false),
      reason: "too many requests are so at the moment only"),
    Case(
      end: .answer(status: 503, body: Array("busy".utf8)),
      expected: .failure(reason: "HTTP status 503: busy", isFinal: false), reason: "5xx may go elsewhere"),
    Case(
      end: .answer(status: 302, body: []), expected: .failure(reason: "HTTP status 302", isFinal: false),
      reason: "nobody is followed elsewhere"),
    Case(
      end: .noContainer,
      expected: .failure(
        reason: "no healthy container of echo with the job's image is on the node", isFinal: false),
      reason: "another node may have one"),
    Case(
      end: .containerGone, expected: .failure(reason: "its container ended under it", isFinal: false),
      reason: "another may live longer"),
    Case(
      end: .unreachable("Docker\nis away"), expected: .failure(reason: "Docker is away", isFinal: false),
      reason: "an engine that is away says nothing of the job"),
    Case(
      end: .stopped, expected: .failure(reason: "it was stopped", isFinal: true),
      reason: "what was cancelled is over"),
    Case(
      end: .runnerEnds, expected: .failure(reason: "the runner was stopped", isFinal: false),
      reason: "others go on with it"),
  ]

  @Test("What a command's end means", arguments: commands)
  func command(_ case: Case) {
    #expect(AttemptOutcome(`case`.end, of: Self.order).verdict == `case`.expected)
  }

  @Test("What other ends mean", arguments: others)
  func other(_ case: Case) {
    #expect(AttemptOutcome(`case`.end, of: Self.order).verdict == `case`.expected)
  }

  @Test(
    "Lines that tell how it goes",
    arguments: [
      (#"{"progress": {"units": 3, "note": "frame 3"}}"#, 3, "frame 3", "both"),
      (#"{"progress":{"units":3}}"#, 3, nil, "units alone"),
      (
        #"{"progress":{"units":-3,"note":"a\u0007b"}}"#, nil, "a b", "no units below 0, no control characters"
      ),
    ] as [(String, Int64?, String?, String)])
  func progress(line: String, units: Int64?, note: String?, reason: String) throws {
    let progress = try #require(ProgressLine(Array(line.utf8)), "\(reason)")
    #expect(progress.units == units && progress.note == note, "\(reason)")
  }

  @Test(
    "Lines that do not",
    arguments: ["", "{", "progress", #"{"progress": 3}"#, #"{"units": 3}"#, #" {"progress":{}}"#])
  func noProgress(line: String) { #expect(ProgressLine(Array(line.utf8)) == nil) }

  @Test("What an attempt used is never more than the time that passed allows")
  func meter() {
    let stdio = WorkInterface.stdio(command: ["x"])
    let plain = AttemptMeter(.test(), of: DirectModule("echo", stdio, cores: 2000))
    let at = { (seconds: Int64) in TimeSpan(seconds: seconds) }
    #expect(plain.usage(from: at(5), to: at(8)) == WorkUsage(cpu: 6000), "not measured: all that it claims")
    #expect(plain.usage(from: at(5), to: at(8), measured: at(2)) == WorkUsage(cpu: 2000), "measured")
    #expect(plain.usage(from: at(5), to: at(8), measured: at(9)) == WorkUsage(cpu: 6000), "never above")
    #expect(plain.usage(from: at(8), to: at(5)) == WorkUsage(), "a clock that goes back gives nothing")
    #expect(plain.usageSoFar(from: at(5), to: at(8)) == WorkUsage(), "what is measured is told in the end")
    let http = AttemptMeter(.test(), of: DirectModule("echo", .http(port: 1, path: "/"), cores: 500))
    #expect(http.usageSoFar(from: at(5), to: at(8)) == WorkUsage(cpu: 1500), "it will not be measured")
    var order = WorkOrder.test()
    order.gpu = 0
    let gpu = AttemptMeter(order, of: DirectModule("echo", stdio, cores: 500))
    #expect(
      gpu.usage(from: at(5), to: at(8), measured: at(2)) == WorkUsage(gpu: 3000), "a GPU is held all the time"
    )
    #expect(gpu.usageSoFar(from: at(5), to: at(8)) == WorkUsage(gpu: 3000))
    #expect(AttemptMeter(.test(), of: nil).usage(from: at(0), to: at(1)) == WorkUsage(cpu: 1000))
  }
}
