package import KindSupport
internal import Manifests
package import Model

/// The inverse of `EnvironmentPlanner`: the environment as recorded.
package enum EnvironmentExport {
  private static let schema = KindSchema(EnvironmentSpec.self)

  package static func export(
    _ environment: Resource<EnvironmentSpec>, _ observed: EnvironmentObserved, _ context: ReconcileContext
  ) -> Exported<EnvironmentSpec> {
    guard let value = try? Value(json: observed.specJSON),
      let recorded = try? schema.decode(spec: value, id: environment.id, metadata: Metadata()),
      let spec = recorded.spec as? EnvironmentSpec, spec.value.json == observed.specJSON
    else { return Exported(environment.spec, remarks: ["its record was edited by hand"]) }
    return Exported(spec)
  }
}
