internal import JobModel
internal import Model

/// The schemas of jobs and nodes.
enum JobSchemas {
  static let order = Schema.object(
    [
      "module": Schema.text("Name of a module.", length: 1...200),
      "input": Schema.anything("The input of the module."),
      "units": Schema.integer("The number of the module's units, such as frames; 1.", 1...JobOrder.maxUnits),
      "budget": Schema.credits,
      "priority": Schema.integer("Among the jobs of one account the greater priority goes first; 5.", 0...9),
      "within": Schema.span,
      "key": Schema.text("Makes the order idempotent: a repeated key returns the same job.", length: 1...200),
      "creator": Schema.text(
        "The account that pays; required unless the token belongs to it.", length: 1...200),
    ], required: ["module"], isClosed: true)

  static let artefact = Schema.object(
    [
      "name": Schema.text(length: 1...200), "reference": Schema.text(length: 1...2000),
      "sha256": Schema.text(pattern: "^[0-9a-f]{64}$"), "bytes": Schema.integer(nil, 0...(1 << 53)),
    ], required: ["name", "reference"])

  static let attempt = Schema.object(
    [
      "number": Schema.integer(), "node": Schema.text(),
      "state": Schema.word(AttemptState.allCases.map(\.rawValue)), "reason": Schema.text(),
      "note": Schema.text("The last progress note of its worker."), "units": Schema.integer(),
      "gpuMilliseconds": Schema.integer(), "cpuMilliseconds": Schema.integer(),
      "dispatchedAt": Schema.time, "startedAt": Schema.time, "endedAt": Schema.time,
    ], required: ["number", "node", "state", "units", "gpuMilliseconds", "cpuMilliseconds", "dispatchedAt"])

  static let job = Schema.object(
    [
      "id": Schema.text(), "version": Schema.integer("Increases with every change."),
      "creator": Schema.text(),
      "module": Schema.text(), "image": Schema.text("Digest of the image that it runs with."),
      "input": Schema.anything("The input of the module."), "units": Schema.integer(),
      "unitPrice": Schema.text("Credits; absent for a job that is paid by time."),
      "held": Schema.text("Credits that are held, which are the maximum cost."),
      "cost": Schema.text("Credits; 0 until it is over."), "priority": Schema.integer(),
      "state": Schema.word(JobState.allCases.map(\.rawValue)),
      "reason": Schema.text("Why it failed, was cancelled or waits."),
      "output": Schema.anything("The output of the module."), "artefacts": Schema.list(of: artefact),
      "overflow": Schema.flag(), "submittedAt": Schema.time, "deadline": Schema.time,
      "finishedAt": Schema.time, "attempts": Schema.list(of: attempt),
    ],
    required: [
      "id", "version", "creator", "module", "image", "input", "units", "held", "cost", "priority", "state",
      "submittedAt", "deadline",
    ])

  static let node = Schema.object(
    [
      "name": Schema.text(), "owner": Schema.text(), "online": Schema.flag(), "held": Schema.flag(),
      "cordoned": Schema.flag(), "overflow": Schema.flag(), "gpuMemory": Schema.integer(),
      "gpuUsed": Schema.list(of: Schema.integer()), "cores": Schema.integer(),
      "coresUsed": Schema.integer(), "slots": Schema.integer(), "slotsUsed": Schema.integer(),
      "memory": Schema.integer(), "heardAt": Schema.time,
      "report": Schema.anything("Reported by its worker."),
    ], required: ["name", "owner", "online", "held", "cordoned", "cores", "slots"])

  static let jobParameter = APIParameter(
    "job", .path, "The job's id.", schema: Schema.text(length: 16...16), isRequired: true)
  static let nodeParameter = APIParameter(
    "node", .path, "The node's name.", schema: Schema.text(length: 1...200), isRequired: true)

  static func wait(max: TimeSpan) -> APIParameter {
    APIParameter("wait", .query, "How long to wait, at most \(max).", schema: Schema.span)
  }

  /// Reads the parameter `wait`; zero where it is absent.
  static func timeout(of request: APIRequest, max: TimeSpan) -> Result<Duration, APIProblem> {
    guard let text = request.parameters["wait"] else { return .success(.zero) }
    guard text.utf8.count <= 12, let span = TimeSpan(text), span <= max else {
      return .failure(.invalid("wait", "is a time such as 30s, at most \(max)"))
    }
    return .success(span.duration)
  }
}
