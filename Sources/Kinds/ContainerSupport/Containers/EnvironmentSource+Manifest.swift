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
    if node.kind == .scalar { return .plain(node.text) }
    return SecretReference.decode(node, &decoder).map(EnvironmentSource.secret)
  }
}
