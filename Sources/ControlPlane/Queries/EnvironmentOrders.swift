package import Gateway
package import Model
import Reconciling

/// Gives an environment another name: `environments rename`.
package struct RenameEnvironmentQuery: Query {
  package static let operation = QueryOperation(
    .post, "environments/renames", name: "renameEnvironment",
    "Rename an environment with everything that it owns. Changes records of the state only.",
    roles: [.operator],
    body: APIBody(
      schema: WireSchema.object(["from": WireSchema.name, "to": WireSchema.name], isClosed: true),
      maxBytes: 4 << 10),
    answer: ("The environment has the name.", WireSchema.object(["environment": WireSchema.name])))

  private let former: String
  private let name: String
  private let author: Author

  package init(_ former: String, to name: String, by author: Author) {
    self.former = former
    self.name = name
    self.author = author
  }

  package init(_ request: APIRequest) {
    let body = request.body ?? .null
    self.init(
      body.text(at: "from") ?? "", to: body.text(at: "to") ?? "",
      by: .remote(request.principal, commit: nil))
  }

  package var parameters: [String: String] { [:] }
  package var body: Value? { .members(["from": .string(former), "to": .string(name)]) }

  package func answer(in context: EnvironmentChangesContext) async throws -> ChangedEnvironment {
    try await ChangedEnvironment.after(name) {
      try await context.changes.rename(former, to: name, by: author.actor, at: context.now())
    }
  }
}

/// Removes an environment from the state: `environments forget`.
package struct ForgetEnvironmentQuery: Query {
  package static let operation = QueryOperation(
    .post, "environments/removals", name: "forgetEnvironment",
    "Remove an environment from the state. Changes nothing outside of the state.",
    roles: [.operator],
    body: APIBody(
      schema: WireSchema.object(
        ["environment": WireSchema.name],
        optional: ["abandon": WireSchema.flag, "confirmed": WireSchema.flag],
        isClosed: true),
      maxBytes: 4 << 10),
    answer: ("The environment is removed.", WireSchema.object(["environment": WireSchema.name])))

  private let name: String
  private let abandons: Bool
  private let isConfirmed: Bool
  private let author: Author

  /// - Parameters:
  ///   - abandons: whether its resources may remain in the outside systems without an owner.
  ///   - isConfirmed: whether a person confirmed that; required for it.
  package init(_ name: String, abandons: Bool, isConfirmed: Bool, by author: Author) {
    self.name = name
    self.abandons = abandons
    self.isConfirmed = isConfirmed
    self.author = author
  }

  package init(_ request: APIRequest) {
    let body = request.body ?? .null
    self.init(
      body.text(at: "environment") ?? "", abandons: body.flag(at: "abandon") ?? false,
      isConfirmed: body.flag(at: "confirmed") ?? false, by: .remote(request.principal, commit: nil))
  }

  package var parameters: [String: String] { [:] }
  package var body: Value? {
    .members([
      "environment": .string(name), "abandon": abandons ? .bool(true) : nil,
      "confirmed": isConfirmed ? .bool(true) : nil,
    ])
  }

  package func answer(in context: EnvironmentChangesContext) async throws -> ChangedEnvironment {
    guard !abandons || isConfirmed else {
      throw OperationError.blocked(
        "what \(name) owns would belong to no environment, and no command would remove it: the request needs "
          + "‘confirmed’, a command --yes")
    }
    return try await ChangedEnvironment.after(name) {
      try await context.changes.forget(name, abandons: abandons, by: author.actor, at: context.now())
    }
  }
}

extension OperationError {
  /// The refusal of a change of an environment; nil for an error of the state itself, after which the request
  /// may be repeated.
  fileprivate static func refusal(_ error: StoreError) -> (any Error)? {
    switch error.code.rawValue {
    case "environment.unknown": OperationError.missing(error.description)
    case "environment.busy", "environment.exists", "environment.owns":
      OperationError.failed(error.description)
    default: nil
    }
  }
}

/// Changes whole environments.
package struct EnvironmentChangesContext: QueryContext {
  package let changes: EnvironmentChanges
  package let now: @Sendable () -> Timestamp

  package init(_ state: StateSession) {
    changes = state.environmentChanges
    now = state.time.now
  }
}

/// The name of an environment after a change of it.
package struct ChangedEnvironment: Sendable, JSONRepresentable {
  package let name: String

  package init(name: String) { self.name = name }
  package init?(_ value: Value) {
    guard let name = value.text(at: "environment") else { return nil }
    self.init(name: name)
  }

  package var value: Value { .members(["environment": .string(name)]) }

  /// The environment after the change, or the refusal of it.
  fileprivate static func after(_ name: String, _ change: () async throws -> Void) async throws -> Self {
    do {
      try await change()
    } catch let error as StoreError {
      throw OperationError.refusal(error) ?? error
    }
    return Self(name: name)
  }
}
