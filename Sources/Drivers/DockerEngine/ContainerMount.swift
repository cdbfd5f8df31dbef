/// A mount of an existing container, as the engine made it: declared, or for a volume of the image.
package struct ContainerMount: Sendable, Hashable {
  /// The name of a volume, or the folder of the engine's machine.
  package let source: String
  package let path: String
  package let isReadOnly: Bool
  package let isVolume: Bool
}
