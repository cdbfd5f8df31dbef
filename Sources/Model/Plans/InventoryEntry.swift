/// A resource that the controller applied and has not removed.
package struct InventoryEntry: Sendable {
  package let id: ResourceID
  /// Digest of spec and labels as last applied completely; nil when applying did not finish.
  package let digest: Digest?
  /// The resource as last passed to the backend.
  package let resource: AnyResource

  package init(id: ResourceID, digest: Digest?, resource: AnyResource) {
    self.id = id
    self.digest = digest
    self.resource = resource
  }
}
