/// A spec that names the environment of the other manifests. A folder holds at most one.
package protocol EnvironmentProviding {
  var environmentSettings: EnvironmentSettings { get }
}

package struct EnvironmentSettings: Hashable, Sendable {
  /// The values of `${name}` in the scalars of all other manifests.
  package var variables: [String: String]
  /// Flat YAML maps of further variables, relative to the manifest's folder. `variables` override them, and
  /// later files override earlier ones.
  package var variableFiles: [String]
  package var allowsMockGPUs: Bool

  package init(variables: [String: String] = [:], variableFiles: [String] = [], allowsMockGPUs: Bool = false)
  {
    self.variables = variables
    self.variableFiles = variableFiles
    self.allowsMockGPUs = allowsMockGPUs
  }
}
