internal import Manifests
package import Model

extension PinnedImage: ManifestText {
  /// Nil unless the text is an image reference with a digest that registries accept.
  package init?(manifestText: String) {
    guard let image = PinnedImage(manifestText), image.reference.distributionProblem == nil else {
      return nil
    }
    self = image
  }

  package var manifestText: String { description }
  package static var expectation: String { "an image by digest" }
  package static var examples: [String] { ["grafana/grafana:10.4.2@sha256:…"] }
  package static var pattern: String? {
    let part = "[a-z0-9]+([._-]+[a-z0-9]+)*"
    return "^([A-Za-z0-9.-]+(:[0-9]+)?/)?\(part)(/\(part))*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?"
      + "@sha256:[0-9a-f]{64}$"
  }

  package static func hint(for text: String) -> String? {
    if let problem = ImageReference(text)?.distributionProblem { return problem.message }
    return text.contains("@")
      ? "write `repository:tag@sha256:` and 64 hexadecimal digits"
      : "pin it: `\(text)@sha256:…`; `docker image inspect \(text)` shows it under RepoDigests"
  }
}
