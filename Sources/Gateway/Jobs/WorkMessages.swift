internal import JobModel
internal import Model

/// What workers and the gateway say to each other.
enum WorkMessages {
  static let summaries = [
    "accept": "The attempt begins.",
    "progress": "The attempt goes on: renews its lease. Units and usage are those of the attempt in all.",
    "result": "The attempt has ended.",
  ]

  static let heartbeat = APIBody(
    schema: Schema.object(
      [
        "jobTypes": Schema.list(of: Schema.text(), "What it takes; absent: everything.", max: 256),
        "images": Schema.list(of: Schema.text(), "Digests of the images that are there.", max: 4096),
        "canPull": Schema.flag("Whether it can fetch images that are not there; false."),
        "roundTripMicroseconds": Schema.integer("Of its request before this one.", 0...60_000_000),
        "report": Schema.anything("GPU memory, temperature and the like, for people."),
      ], isClosed: true), maxBytes: 512 << 10)

  private static let usage: KeyValuePairs<String, Value> = [
    "gpuMilliseconds": Schema.integer("Used by the attempt in all; 0.", 0...mostUsage),
    "cpuMilliseconds": Schema.integer("Used by the attempt in all; 0.", 0...mostUsage),
  ]
  private static let mostUsage: Int64 = 1_000_000_000_000

  static let nothing: APIBody? = nil

  static let progress = APIBody(
    schema: Schema.object(
      [
        "units": Schema.integer("Done by the attempt in all; 0.", 0...JobOrder.maxUnits),
        "gpuMilliseconds": usage[0].value, "cpuMilliseconds": usage[1].value,
        "note": Schema.text("For people.", length: 1...500),
      ], isClosed: true), maxBytes: 16_384)

  static let result = APIBody(
    schema: Schema.object(
      [
        "state": Schema.word(["succeeded", "failed"]),
        "units": Schema.integer("Done by the attempt in all; 0.", 0...JobOrder.maxUnits),
        "gpuMilliseconds": usage[0].value, "cpuMilliseconds": usage[1].value,
        "output": Schema.anything("What the module gave, where it succeeded."),
        "artefacts": Schema.list(of: JobSchemas.artefact, "Where larger things are kept.", max: 1000),
        "reason": Schema.text("Why it failed.", length: 1...500),
        "final": Schema.flag("No other node would fare better; false."),
      ], required: ["state"], isClosed: true), maxBytes: 1 << 20)

  static let terms = Schema.object(
    [
      "heartbeatEvery": Schema.span, "lease": Schema.span,
      "accepted": Schema.list(
        of: Schema.text(), "Attempts that the node had accepted before: it goes on with them, or ends them."),
    ], required: ["heartbeatEvery", "lease", "accepted"])

  static let order = Schema.object(
    [
      "attempt": Schema.text("JOB.NUMBER"), "module": Schema.text(), "jobType": Schema.text(),
      "image": Schema.text("Digest."), "input": Schema.anything("For the module."), "units": Schema.integer(),
      "gpu": Schema.integer("Of the node's GPUs, from 0; absent: none."), "leaseUntil": Schema.time,
      "stopAt": Schema.time,
    ], required: ["attempt", "module", "jobType", "image", "input", "units", "leaseUntil", "stopAt"])

  static let reply = Schema.object(
    ["leaseUntil": Schema.time, "stop": Schema.flag("The worker is to stop the attempt.")],
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

  fileprivate static let longestUse = mostUsage
}

extension MemberReader {
  mutating func units() -> Int64 { integer("units", 0...JobOrder.maxUnits) ?? 0 }

  mutating func usage() -> WorkUsage {
    WorkUsage(
      gpu: integer("gpuMilliseconds", 0...WorkMessages.longestUse) ?? 0,
      cpu: integer("cpuMilliseconds", 0...WorkMessages.longestUse) ?? 0)
  }

  mutating func result() -> WorkReport.Event {
    let state = needed("state", text("state"))
    let units = units()
    let usage = usage()
    let output = value("output")
    let reason = text("reason", most: 500)
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
    case "failed": return .fail(reason: needed("reason", reason) ?? "", usage, isFinal: isFinal)
    default:
      let _: Bool? = refuse("state", "is succeeded or failed")
      return .accept
    }
  }
}
