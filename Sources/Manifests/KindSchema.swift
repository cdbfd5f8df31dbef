internal import Model

/// What the house knows about a kind: how its documents are decoded and described.
package struct KindSchema: Sendable {
  package let kind: String
  package let shape: Shape
  let decodeSpec: @Sendable (Node, inout ManifestDecoder) -> (any ManifestSpec)?

  package init<Spec: ManifestSpec>(_ type: Spec.Type) {
    kind = Spec.kind
    shape = Spec.shape
    decodeSpec = { node, decoder in Spec.decode(node, &decoder) }
  }
}
