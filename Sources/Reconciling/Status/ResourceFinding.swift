package import Model

/// The conclusion of a pass about one resource.
package struct ResourceFinding: Hashable, Sendable {
  package let status: ResourceStatus
  package let events: [Event]
  /// Whether the outside system matches the manifest.
  package let isApplied: Bool
  /// Whether the resource is gone and leaves the inventory.
  package let isRemoved: Bool
  /// When to check again although nothing failed: the resource becomes ready by itself, or waits for
  /// something that causes no event.
  package let nextCheck: Timestamp?
}
