/// One idempotent action as a value without secrets: a description for people, and the operation that a
/// backend executes.
package struct Step<Operation: Sendable>: Sendable {
  package let action: StepAction
  /// The action in one line: `create container echo-0 on Node/dev-1`.
  package let summary: String
  /// The cause of the action: `not there yet`, `image changed`.
  package let reason: String
  package let risk: Risk
  /// The fields that change; empty for creates and deletes.
  package let fields: [FieldChange]
  /// How many running jobs it concerns; nil: none. It is not part of the step's digest, because jobs come and
  /// go until the step runs.
  package let jobs: Int?
  /// Whether the step only releases what another resource may be waiting for, such as a host port. The
  /// releasing steps of a resource come first; between them and the others, the other resource may take it.
  package let isRelease: Bool
  package let operation: Operation

  package init(
    _ action: StepAction, _ summary: String, because reason: String, risk: Risk = .safe,
    fields: [FieldChange] = [], jobs: Int? = nil, isRelease: Bool = false, operation: Operation
  ) {
    self.action = action
    self.summary = summary
    self.reason = reason
    self.risk = risk
    self.fields = fields
    self.jobs = jobs
    self.isRelease = isRelease
    self.operation = operation
  }

  package func map<Other>(_ transform: (Operation) -> Other) -> Step<Other> {
    Step<Other>(
      action, summary, because: reason, risk: risk, fields: fields, jobs: jobs,
      isRelease: isRelease, operation: transform(operation))
  }
}

/// The operation type of a kind. `Codable` so that plans can be digested, `Equatable` so that two plans can
/// be compared.
package protocol StepOperation: Sendable, Equatable, Codable {
  /// Whether the step may be cancelled once it has begun. True for steps that have no effect until they end,
  /// or that can be repeated from any point. True by default.
  var isInterruptible: Bool { get }
}

extension StepOperation {
  package var isInterruptible: Bool { true }
}

/// A step of any kind.
package typealias AnyStep = Step<any StepOperation>

package enum StepAction: String, Sendable, Codable, CaseIterable {
  case create, update, replace, delete
  /// Keeps the resource as described but is needed to get there: start, wait, back up.
  case run
  /// Routine work that is due by schedule, such as a nightly backup. Not a sign of drift.
  case maintain
}

/// The worst effect of a step. Ordered: `destructive` is the highest.
package enum Risk: String, Sendable, Codable, CaseIterable, Comparable {
  /// Users do not notice it.
  case safe
  /// A short interruption of a running service.
  case disruptive
  /// Destroys something that only a backup can restore.
  case destructive

  package static func < (a: Risk, b: Risk) -> Bool { a.rank < b.rank }
  private var rank: Int { Risk.allCases.firstIndex(of: self)! }
}

/// One field that differs. `from` is nil when it was not set, `to` is nil when it is removed.
package struct FieldChange: Hashable, Sendable {
  /// The path inside the spec, such as `prices.price_pack10.credits`.
  package let path: String
  package let from: Value?
  package let to: Value?

  package init(_ path: String, from: Value?, to: Value?) {
    self.path = path
    self.from = from
    self.to = to
  }

  package static func < (a: FieldChange, b: FieldChange) -> Bool { a.path < b.path }

  /// The leaves that differ between two canonical values, sorted by path. Arrays are compared element by
  /// element.
  package static func between(_ old: Value?, _ new: Value?, at path: String = "") -> [FieldChange] {
    guard old != new else { return [] }
    func join(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    switch (old, new) {
    case (.object(let a)?, .object(let b)?):
      let before = Dictionary(a.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
      let after = Dictionary(b.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
      let keys = Set(before.keys).union(after.keys).sorted()
      return keys.flatMap { between(before[$0], after[$0], at: join($0)) }
    case (.array(let a)?, .array(let b)?):
      return (0..<max(a.count, b.count)).flatMap { index in
        between(
          index < a.count ? a[index] : nil, index < b.count ? b[index] : nil, at: "\(path)[\(index)]")
      }
    default:
      return [FieldChange(path, from: old, to: new)]
    }
  }
}
