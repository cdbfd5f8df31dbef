internal import JobModel
internal import Model

/// The schema of a scheduling trace.
enum SchedulingTraceSchema {
  static let trace = Schema.object(
    [
      "job": JobSchemas.job,
      "chapters": Schema.list(of: Schema.object(["attempt": JobSchemas.attempt, "decision": decision])),
    ], required: ["job", "chapters"])

  private static let decision = Schema.object(
    [
      "nodes": Schema.integer("Nodes of the fleet."),
      "removed": .members([
        "type": .string("object"),
        "description": .string("How many nodes each filter removed: \(filters)."),
        "additionalProperties": Schema.integer(),
      ]),
      "passed": Schema.integer("Nodes that passed all filters."),
      "front": Schema.list(of: candidate, "The chosen one first."), "frontCount": Schema.integer(),
    ], required: ["nodes", "removed", "passed", "front", "frontCount"])

  private static let filters = PlacementDecision.Filter.allCases.map(\.rawValue).joined(separator: ", ")

  private static let candidate = Schema.object(
    [
      "id": Schema.integer(), "name": Schema.text(), "latencyMicroseconds": Schema.integer(),
      "earnings": Schema.integer("Parts per million of the greatest in the fleet."),
      "score": Schema.integer("The node with the lowest score is chosen."),
    ], required: ["id", "name", "latencyMicroseconds", "earnings", "score"])
}
