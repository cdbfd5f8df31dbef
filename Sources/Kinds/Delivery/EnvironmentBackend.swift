package import Model
package import Postgres
package import Reconciling

/// Records environments in the table `environments` of the controller's database.
package struct EnvironmentBackend: ResourceBackend {
  private let state: PostgresPool

  /// - Parameter state: the controller's database.
  package init(state: PostgresPool) { self.state = state }

  package var system: String { "PostgreSQL" }

  package func observe(
    _ subjects: [Subject<EnvironmentSpec>], in context: ReconcileContext
  ) async -> [ResourceID: Result<EnvironmentObserved?, BackendError>] {
    var results: [ResourceID: Result<EnvironmentObserved?, BackendError>] = [:]
    do throws(PostgresError) {
      let rows = try await state.query(EnvironmentBackend.select, [.textArray(subjects.map(\.id.name))])
      var specs: [String: String] = [:]
      for row in rows { specs[try row.text("name")] = try row.text("spec") }
      for subject in subjects {
        results[subject.id] = .success(specs[subject.id.name].map { EnvironmentObserved(specJSON: $0) })
      }
    } catch {
      for subject in subjects { results[subject.id] = .failure(error.backendError) }
    }
    return results
  }

  package func apply(
    _ operation: EnvironmentOperation, to subject: Subject<EnvironmentSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    let name = SQLValue.text(subject.id.name)
    do throws(PostgresError) {
      switch operation {
      case .record(let specJSON):
        _ = try await state.query(EnvironmentBackend.upsert, [name, .text(specJSON)])
      case .remove: _ = try await state.query(EnvironmentBackend.delete, [name])
      }
    } catch {
      throw error.backendError
    }
  }

  /// Give the record of an environment to another name, in the transaction that renames the environment in
  /// the state.
  package static func renaming(_ former: String, to name: String) -> [Statement] {
    [
      Statement(
        "DELETE FROM environments WHERE name = $2 AND EXISTS (SELECT FROM environments WHERE name = $1)",
        [.text(former), .text(name)]),
      Statement("UPDATE environments SET name = $2 WHERE name = $1", [.text(former), .text(name)]),
    ]
  }

  /// Removes the record of an environment, in the transaction that removes the environment from the state.
  package static func forgetting(_ name: String) -> [Statement] {
    [Statement(EnvironmentBackend.delete, [.text(name)])]
  }

  /// Whether the record of an environment requires approvals, or cannot be read. False without a record.
  package func mayRequireApprovals(_ name: String) async throws(PostgresError) -> Bool {
    for row in try await state.query(EnvironmentBackend.select, [.textArray([name])]) {
      let text = try row.text("spec")
      guard let spec = try? Value(json: text) else { return true }
      if let approvals = spec["requires"]?["approvals"], approvals != .null { return true }
    }
    return false
  }

  private static let select = "SELECT name, spec FROM environments WHERE name = ANY ($1)"
  private static let upsert = """
    INSERT INTO environments (name, spec) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, recorded_at = now()
    WHERE environments.spec::text <> excluded.spec::text
    """
  private static let delete = "DELETE FROM environments WHERE name = $1"
}
