package import ContainerSupport
package import Model

extension EngineInfo {
  package static let standard = EngineInfo(
    version: "20.10.24", cores: 2, memory: ByteCount(bytes: 8 << 30), isRootless: false, hasSeccomp: true,
    runtimes: ["io.containerd.runc.v2", "runc"], cgroupVersion: "2")
}

extension PinnedImage {
  /// An image whose digest derives from its name.
  package static func sample(_ name: String, tag: String = "1") -> PinnedImage {
    PinnedImage(name: "registry.test/\(name)", tag: tag, digest: Digest(of: "\(name):\(tag)"))
  }
}
