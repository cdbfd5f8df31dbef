package import Model

/// A request to describe an existing object as a manifest.
package struct ImportRequest: Sendable {
  /// The id of the resource to create.
  package let id: ResourceID
  package let container: String?
  package let engine: EngineAddress?
  package let database: ResourceID?
  package let currency: String?
  /// The declared and the applied resources. Objects that they own cannot be imported.
  package let known: Set<ResourceID>

  package init(
    id: ResourceID, container: String?, engine: EngineAddress?, database: ResourceID?, currency: String?,
    known: Set<ResourceID>
  ) {
    self.id = id
    self.container = container
    self.engine = engine
    self.database = database
    self.currency = currency
    self.known = known
  }
}
