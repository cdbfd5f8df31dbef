package import Manifests
package import Model

extension EnvironmentSource: ManifestValue {
  package static var shape: Shape {
    var shape = SecretReference.shape
    shape.name = "text or secret reference"
    shape.doc = "Text, or where a secret value is found: {secret: Secret/name}, {env: NAME} or {file: /path}"
    shape.takesText = true
    shape.examples = ["debug", "{secret: Secret/grafana-admin}"]
    return shape
  }

  package var manifestValue: Value? {
    switch self {
    case .plain(let text): .string(text)
    case .secret(let reference): reference.manifestValue
    }
  }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> EnvironmentSource? {
    if node.kind == .scalar {
      // The container gets the value as it is.
      return decoder.withFreeText { String.decode(node, &$0) }.map(EnvironmentSource.plain)
    }
    if node.kind == .null {
      decoder.mismatch(
        node, expected: "text or a secret reference", hint: "write `\"\"` for an empty value")
      // The problems of the other variables are reported too.
      return .plain("")
    }
    return SecretReference.decode(node, &decoder).map(EnvironmentSource.secret)
  }
}
