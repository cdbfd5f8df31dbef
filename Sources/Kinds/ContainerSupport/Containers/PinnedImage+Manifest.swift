internal import Manifests
package import Model

extension PinnedImage: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package static var expectation: String { "an image by digest" }
  package static var examples: [String] { ["grafana/grafana:10.4.2@sha256:…"] }
  package static var pattern: String? { "^[A-Za-z0-9][A-Za-z0-9._/:-]*@sha256:[0-9a-f]{64}$" }
  package static func hint(for text: String) -> String? {
    text.contains("@")
      ? "write `repository:tag@sha256:` and 64 hexadecimal digits"
      : "pin it: `\(text)@sha256:…`; `docker image inspect \(text)` shows it under RepoDigests"
  }
}
