package import KindSupport
internal import Manifests
package import Model
internal import Postgres
internal import Reconciling

/// The inverse of `DatabasePlanner`: the spec of a database corrected by its schema and roles.
package struct DatabaseExport: Sendable {
  /// The newest migration that this release knows, 0 for none.
  private let newest: Int

  package init(newest: Int) { self.newest = newest }

  package func export(
    _ database: Resource<DatabaseSpec>, _ observed: DatabaseObserved, _ context: ReconcileContext
  ) -> Exported<DatabaseSpec> {
    var spec = database.spec
    var remarks: [String] = []
    let current = observed.migrations.last?.number ?? 0
    if current == 0 {
      if newest > 0 { remarks.append("it has no schema yet") }
    } else if current != spec.schema.number ?? newest {
      spec.schema = .number(current)
      if current > newest { remarks.append("its schema \(current) is newer than those of this release") }
    }
    let found = Dictionary(observed.roles.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let declared = Set(spec.roles.map(\.name))
    let mark = context.mark(of: database.id)
    if let owner = observed.owner, owner != mark { remarks.append("it belongs to \(owner)") }
    let more = observed.roles.filter { role in
      (role.owner == mark || role.owner == mark.withoutEnvironment) && !declared.contains(role.name)
    }.map { role in
      var spec = RoleSpec()
      spec.name = role.name
      return spec
    }
    spec.roles = (spec.roles + more).compactMap { role in
      guard let observed = found[role.name] else { return nil }
      var role = role
      role.login = observed.canLogin
      if !observed.matches.contains(role.access) {
        if let access = observed.matches.sorted(by: { $0.rawValue < $1.rawValue }).first {
          role.access = access
        } else {
          remarks.append("the privileges of role \(role.name) were changed by hand")
        }
      }
      return role
    }
    return Exported(spec, remarks: remarks)
  }

  /// Describes a database of the private server that has the platform's schema and no owner. The annotation
  /// lets the resource adopt it.
  func find(
    _ request: ImportRequest, _ context: ReconcileContext, by backend: DatabaseBackend
  ) async -> Result<Imported<DatabaseSpec>, BackendError> {
    var spec = DatabaseSpec()
    spec.embedded = EmbeddedServer()
    let resource = Resource(
      id: request.id, metadata: Metadata(), spec: spec, references: [], location: nil,
      digest: Digest(of: spec.value))
    let subject = Subject(id: request.id, desired: resource, lastApplied: nil)
    switch await backend.observe([subject], in: context)[request.id] {
    case .success(let observed?)?:
      if let owner = observed.owner {
        let conflict = OwnershipConflict(
          .database(.embedded(database: request.id.name)), owner: owner,
          claimant: context.mark(of: request.id))
        return .failure(conflict.backendError(code: "database.foreign"))
      }
      guard !observed.migrations.isEmpty else {
        return .failure(
          BackendError(
            code: "import.schema", "database \(request.id.name) has no schema of this platform",
            hint: "declare it: missing migrations are applied, existing data stays", retry: .afterChange))
      }
      let exported = export(resource, observed, context)
      return .success(
        Imported(
          exported.spec, annotations: [Adoption.annotation: request.id.name],
          remarks: exported.remarks.map { ("schema", $0) }))
    case .success(nil)?, nil:
      return .failure(
        BackendError(
          code: "import.missing", "the controller’s server has no database \(request.id.name)",
          hint: "a database elsewhere is declared with `external`", retry: .afterChange))
    case .failure(let error)?: return .failure(error)
    }
  }
}
