package import Model

/// What differs from one desired state to the next, at the cost of one walk over both.
package struct DesiredChanges: Sendable {
  /// Resources that are new, or whose digest, mode or references differ; sorted by id.
  package private(set) var changed: [AnyResource] = []
  /// Those that are no longer desired; sorted.
  package private(set) var gone: [ResourceID] = []
  /// Whether any resource refers to others than before, or came or went.
  package private(set) var affectsReferences = false

  package init(from old: DesiredState, to new: DesiredState) {
    let (olds, news) = (old.resources, new.resources)
    var (before, after) = (0, 0)
    while before < olds.count || after < news.count {
      if before < olds.count, after < news.count, olds[before].id == news[after].id {
        note(olds[before], news[after])
        before += 1
        after += 1
      } else if after == news.count || before < olds.count && olds[before].id < news[after].id {
        gone.append(olds[before].id)
        before += 1
      } else {
        changed.append(news[after])
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
