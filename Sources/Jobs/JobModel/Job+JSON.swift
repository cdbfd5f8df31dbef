package import Model

/// Jobs as the API and `-o json` write them; the same text can be read back.
extension Job {
  package var value: Value {
    .members([
      "id": .string(id.text), "version": .integer(version), "creator": .string(creator),
      "module": .string(module), "image": .string(image), "input": input, "units": .integer(units),
      "unitPrice": unitPrice.map { .string($0.description) }, "held": .string(held.description),
      "cost": .string(cost.description), "priority": .integer(Int64(priority)),
      "state": .string(state.rawValue), "reason": reason.map(Value.string), "output": output,
      "artefacts": artefacts.isEmpty ? nil : .array(artefacts.map(\.value)),
      "overflow": isOverflow ? .bool(true) : nil, "submittedAt": .string(submittedAt.description),
      "deadline": .string(deadline.description),
      "finishedAt": finishedAt.map { .string($0.description) },
      "attempts": attempts.isEmpty ? nil : .array(attempts.map(\.value)),
    ])
  }

  /// Nil where a member is missing that every job has.
  package init?(_ value: Value) {
    guard let id = value["id"]?.text.flatMap(JobID.init), let version = value["version"]?.number,
      let creator = value["creator"]?.text, let module = value["module"]?.text,
      let image = value["image"]?.text, let units = value["units"]?.number,
      let held = value.credits(at: "held"),
      let cost = value.credits(at: "cost"), let priority = value["priority"]?.number,
      let state = value.word(at: "state", of: JobState.self),
      let submittedAt = value.time(at: "submittedAt"), let deadline = value.time(at: "deadline")
    else { return nil }
    self.init(
      id: id, version: version, creator: creator, module: module, image: image,
      input: value["input"] ?? .null, units: units,
      unitPrice: value.credits(at: "unitPrice"), held: held, cost: cost,
      priority: Int(priority), state: state, reason: value["reason"]?.text, output: value["output"],
      artefacts: (value["artefacts"]?.elements ?? []).compactMap(Artefact.init),
      isOverflow: value["overflow"] == .bool(true), submittedAt: submittedAt, deadline: deadline,
      finishedAt: value.time(at: "finishedAt"),
      attempts: (value["attempts"]?.elements ?? []).compactMap(JobAttempt.init))
  }
}

extension Artefact {
  package var value: Value {
    .members([
      "name": .string(name), "reference": .string(reference), "sha256": sha256.map(Value.string),
      "bytes": bytes.map(Value.integer),
    ])
  }

  package init?(_ value: Value) {
    guard let name = value["name"]?.text, let reference = value["reference"]?.text else { return nil }
    self.init(
      name: name, reference: reference, sha256: value["sha256"]?.text, bytes: value["bytes"]?.number)
  }
}

extension JobAttempt {
  package var value: Value {
    .members([
      "number": .integer(Int64(number)), "node": .string(node), "state": .string(state.rawValue),
      "reason": reason.map(Value.string), "note": note.map(Value.string), "units": .integer(units),
      "gpuMilliseconds": .integer(usage.gpu), "cpuMilliseconds": .integer(usage.cpu),
      "dispatchedAt": .string(dispatchedAt.description),
      "startedAt": startedAt.map { .string($0.description) },
      "endedAt": endedAt.map { .string($0.description) },
    ])
  }

  package init?(_ value: Value) {
    guard let number = value["number"]?.number, let node = value["node"]?.text,
      let state = value.word(at: "state", of: AttemptState.self),
      let dispatchedAt = value.time(at: "dispatchedAt")
    else { return nil }
    self.init(
      number: Int(number), node: node, state: state, reason: value["reason"]?.text,
      note: value["note"]?.text, units: value["units"]?.number ?? 0,
      usage: WorkUsage(
        gpu: value["gpuMilliseconds"]?.number ?? 0, cpu: value["cpuMilliseconds"]?.number ?? 0),
      dispatchedAt: dispatchedAt, startedAt: value.time(at: "startedAt"), endedAt: value.time(at: "endedAt"))
  }
}

extension Value {
  package var text: String? { if case .string(let text) = self { text } else { nil } }
  package var number: Int64? { if case .integer(let number) = self { number } else { nil } }
  package var elements: [Value]? { if case .array(let elements) = self { elements } else { nil } }
}
