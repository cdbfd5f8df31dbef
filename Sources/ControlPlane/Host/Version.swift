/// The version of this release, as `rendertrust version`, the API and the log report it.
package enum Version {
  package static let text = "0.1.0"
}
