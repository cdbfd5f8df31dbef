package import Model

extension KindSchema {
  /// The same resource with a spec without redundant fields, as people write it.
  package func brief(_ resource: AnyResource) -> AnyResource {
    // A resource that is decoded on its own has no matches of its selectors.
    let whole = resource.metadata.digest(with: resource.spec.value)
    let short = shortened(resource.spec.value) { spec in
      (try? decode(spec: spec, id: resource.id, metadata: resource.metadata))?.digest == whole
    }
    return resource.map { _ in WrittenSpec(value: short) }
  }

  /// - Parameter isSame: Whether the whole spec, with this value in place, is still equivalent.
  private func shortened(_ value: Value, _ isSame: (Value) -> Bool) -> Value {
    guard case .object(let members) = value else { return value }
    var kept = members
    for member in members {
      guard let index = kept.firstIndex(where: { $0.key == member.key }) else { continue }
      var without = kept
      without.remove(at: index)
      if isSame(.object(without)) {
        kept = without
        continue
      }
      let inner = shortened(member.value) { other in
        var changed = kept
        changed[index] = Value.Member(member.key, other)
        return isSame(.object(changed))
      }
      kept[index] = Value.Member(member.key, inner)
    }
    return .object(kept)
  }
}

/// A spec as written, without its defaults.
private struct WrittenSpec: ResourceSpec {
  let value: Value
}
