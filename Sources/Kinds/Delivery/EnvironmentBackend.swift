package import Model
package import Postgres
package import Reconciling

/// Keeps environments in the table `environments` of the controller's own state.
package struct EnvironmentBackend: ResourceBackend {
  private let state: PostgresPool

  /// - `state`: the controller's own database.
  package init(state: PostgresPool) { self.state = state }

  package var system: String { "PostgreSQL" }

  package func observe(
    _ subjects: [Subject<EnvironmentSpec>], in context: ReconcileContext
  ) async -> [ResourceID: Result<EnvironmentObserved?, BackendError>] {
    var answers: [ResourceID: Result<EnvironmentObserved?, BackendError>] = [:]
    do throws(PostgresError) {
      let rows = try await state.query(EnvironmentBackend.select, [.textArray(subjects.map(\.id.name))])
      var specs: [String: String] = [:]
      for row in rows { specs[try row.text(0)] = try row.text(1) }
      for subject in subjects {
        answers[subject.id] = .success(specs[subject.id.name].map { EnvironmentObserved(specJSON: $0) })
      }
    } catch {
      for subject in subjects { answers[subject.id] = .failure(error.backendError) }
    }
    return answers
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

  private static let select = "SELECT name, spec FROM environments WHERE name = ANY ($1)"
  private static let upsert = """
    INSERT INTO environments (name, spec) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, recorded_at = now()
    WHERE environments.spec::text <> excluded.spec::text
    """
  private static let delete = "DELETE FROM environments WHERE name = $1"
}
