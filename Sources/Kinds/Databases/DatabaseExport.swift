package import KindSupport
internal import Manifests
package import Model
internal import Postgres
internal import Reconciling

/// What a database is written as so that its schema and roles are as declared.
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
      if current > newest { remarks.append("its schema \(current) is newer than this release knows") }
    }
    let seen = Dictionary(observed.roles.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let declared = Set(spec.roles.map(\.name))
    let more = observed.roles.filter { $0.madeBy == database.id && !declared.contains($0.name) }.map { role in
      var spec = RoleSpec()
      spec.name = role.name
      return spec
    }
    spec.roles = (spec.roles + more).compactMap { role in
      guard let found = seen[role.name] else { return nil }
      var role = role
      role.login = found.canLogin
      if !found.fits.contains(role.access) {
        if let fitting = found.fits.sorted(by: { $0.rawValue < $1.rawValue }).first {
          role.access = fitting
        } else {
          remarks.append("the privileges of role \(role.name) were changed by hand")
        }
      }
      return role
    }
    return Exported(spec, remarks: remarks)
  }

  /// A database of the private server that has the platform's schema and no resource.
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
      guard !observed.migrations.isEmpty else {
        return .failure(
          BackendError(
            code: "import.schema", "database \(request.id.name) has no schema of this platform",
            hint: "declare it: what is missing is migrated, what is there stays", retry: .afterChange))
      }
      let exported = export(resource, observed, context)
      return .success(Imported(exported.spec, remarks: exported.remarks.map { ("schema", $0) }))
    case .success(nil)?, nil:
      return .failure(
        BackendError(
          code: "import.missing", "the controller’s server has no database \(request.id.name)",
          hint: "a database elsewhere is declared with `external`", retry: .afterChange))
    case .failure(let error)?: return .failure(error)
    }
  }
}
