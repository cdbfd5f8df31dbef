internal import JobModel
internal import Model

/// The messages between workers and the gateway.
enum WorkMessages {
  static let heartbeat = APIBody(
    schema: Schema.object(
      [
        "jobTypes": Schema.list(
          of: Schema.text(), "The job types that the worker takes; absent: every one.", max: 256),
        "images": Schema.list(of: Schema.text(), "Digests of the images on the node.", max: 4096),
        "canPull": Schema.flag("Whether the worker can pull missing images; false."),
        "roundTripMicroseconds": Schema.integer("The round trip of the previous request.", 0...60_000_000),
        "report": Schema.anything("GPU memory, temperature and the like, for people."),
      ], isClosed: true), maxBytes: 512 << 10)

  private static let usage = Schema.integer("Total usage of the attempt; 0.", 0...maxUsage)
  fileprivate static let maxUsage: Int64 = 1_000_000_000_000

  static let progress = APIBody(
    schema: Schema.object(
      [
        "units": Schema.integer("Total finished units of the attempt; 0.", 0...JobOrder.maxUnits),
        "gpuMilliseconds": usage, "cpuMilliseconds": usage,
        "note": Schema.text("For people.", length: 1...500),
      ], isClosed: true), maxBytes: 16_384)

  static let result = APIBody(
    schema: Schema.object(
      [
        "state": Schema.word(["succeeded", "failed"]),
        "units": Schema.integer("Total finished units of the attempt; 0.", 0...JobOrder.maxUnits),
        "gpuMilliseconds": usage, "cpuMilliseconds": usage,
        "output": Schema.anything("The output of the module, if it succeeded."),
        "artefacts": Schema.list(of: JobSchemas.artefact, "Files that the job produced.", max: 1000),
        "reason": Schema.text("Why it failed.", length: 1...500),
        "final": Schema.flag("Whether the job would fail on every node; false."),
      ], required: ["state"], isClosed: true), maxBytes: 1 << 20)

  static let terms = Schema.object(
    [
      "heartbeatEvery": Schema.span, "lease": Schema.span,
      "accepted": Schema.list(
        of: Schema.text(), "Attempts that the node accepted before. The worker continues or fails them."),
    ], required: ["heartbeatEvery", "lease", "accepted"])

  static let order = Schema.object(
    [
      "attempt": Schema.text("JOB.NUMBER"), "module": Schema.text(), "jobType": Schema.text(),
      "image": Schema.text("Digest."), "input": Schema.anything("The input of the module."),
      "units": Schema.integer(),
      "gpu": Schema.integer("The index of the node's GPU, from 0; absent: none."), "leaseUntil": Schema.time,
      "stopAt": Schema.time,
    ], required: ["attempt", "module", "jobType", "image", "input", "units", "leaseUntil", "stopAt"])

  static let reply = Schema.object(
    ["leaseUntil": Schema.time, "stop": Schema.flag("The worker must stop the attempt.")],
    required: ["leaseUntil", "stop"])

  // MARK: Writing

  static func value(_ terms: WorkTerms) -> Value {
    .members([
      "heartbeatEvery": .string(terms.heartbeatEvery.description), "lease": .string(terms.lease.description),
      "accepted": .array(terms.accepted.map { .string($0.description) }),
    ])
  }

  static func value(_ order: WorkOrder) -> Value {
    .members([
      "attempt": .string(order.attempt.description), "module": .string(order.module),
      "jobType": .string(order.jobType), "image": .string(order.image), "input": order.input,
      "units": .integer(order.units), "gpu": order.gpu.map { .integer(Int64($0)) },
      "leaseUntil": .string(order.leaseUntil.description), "stopAt": .string(order.stopAt.description),
    ])
  }

  static func value(_ reply: WorkReply) -> Value {
    .members(["leaseUntil": .string(reply.leaseUntil.description), "stop": .bool(reply.stops)])
  }

  fileprivate static func artefact(_ value: Value) -> Artefact? {
    guard let artefact = Artefact(value), (1...200).contains(artefact.name.utf8.count),
      (1...2000).contains(artefact.reference.utf8.count), artefact.bytes ?? 0 >= 0,
      artefact.sha256.map({ Digest(hex: $0) != nil }) ?? true
    else { return nil }
    return artefact
  }
}

extension MemberReader {
  mutating func units() -> Int64 { integer("units", 0...JobOrder.maxUnits) ?? 0 }

  mutating func usage() -> WorkUsage {
    WorkUsage(
      gpu: integer("gpuMilliseconds", 0...WorkMessages.maxUsage) ?? 0,
      cpu: integer("cpuMilliseconds", 0...WorkMessages.maxUsage) ?? 0)
  }

  mutating func result() -> WorkReport.Event {
    let state = required("state", text("state"))
    let units = units()
    let usage = usage()
    let output = value("output")
    let reason = text("reason", max: 500)
    let isFinal = flag("final") ?? false
    var artefacts: [Artefact] = []
    if let value = value("artefacts") {
      let elements = value.elements ?? []
      artefacts = elements.compactMap(WorkMessages.artefact)
      if value.elements == nil || artefacts.count < elements.count || elements.count > 1000 {
        let _: Bool? = refuse("artefacts", "is a list of at most 1000 objects with name and reference")
      }
    }
    switch state {
    case "succeeded": return .succeed(units: units, usage, output: output, artefacts: artefacts)
    case "failed": return .fail(reason: required("reason", reason) ?? "", usage, isFinal: isFinal)
    default:
      let _: Bool? = refuse("state", "is succeeded or failed")
      return .accept
    }
  }
}
