package import Model

/// The difference between two desired states. Its cost grows linearly with their sizes.
package struct DesiredChanges: Sendable {
  /// Resources that are new, or whose digest, mode or references differ; sorted by id.
  package private(set) var changed: [AnyResource] = []
  /// Those that are no longer desired; sorted.
  package private(set) var gone: [ResourceID] = []
  /// Whether the references of any resource differ, or a resource was added or removed.
  package private(set) var affectsReferences = false

  package init(from old: DesiredState, to new: DesiredState) {
    let (former, current) = (old.resources, new.resources)
    var (before, after) = (0, 0)
    while before < former.count || after < current.count {
      if before < former.count, after < current.count, former[before].id == current[after].id {
        note(former[before], current[after])
        before += 1
        after += 1
      } else if after == current.count || before < former.count && former[before].id < current[after].id {
        gone.append(former[before].id)
        before += 1
      } else {
        changed.append(current[after])
        affectsReferences = true
        after += 1
      }
    }
    if !gone.isEmpty { affectsReferences = true }
  }

  private mutating func note(_ old: AnyResource, _ new: AnyResource) {
    let refersAsBefore =
      old.references.count == new.references.count
      && zip(old.references, new.references).allSatisfy { $0.target == $1.target }
    if !refersAsBefore { affectsReferences = true }
    if !refersAsBefore || old.digest != new.digest || old.metadata.mode != new.metadata.mode {
      changed.append(new)
    }
  }
}
