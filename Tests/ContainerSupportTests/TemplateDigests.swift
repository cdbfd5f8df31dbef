import ContainerSupport
import Model

/// Templates with the digests that version 0.4.0 gave them, as containers carry them in the label
/// `rendertrust.com/spec`.
enum TemplateDigests {
  struct Stored: Sendable {
    let name: String
    let template: ContainerTemplate
    let digest: String

    init(_ name: String, _ digest: String, _ change: (inout ContainerTemplate) -> Void = { _ in }) {
      self.name = name
      self.digest = digest
      var template = ContainerTemplate(image: TemplateDigests.image)
      change(&template)
      self.template = template
    }
  }

  private static let image = PinnedImage(
    name: "127.0.0.1:5055/rendertrust/web", tag: "1.0", digest: Digest(of: "web"))

  static let all: [Stored] = [
    Stored(
      "the image alone",
      "89cbe2c60d89803ad1175c1a9c930ba981d3070376ee1ed227fd8f920e487365"),
    Stored(
      "a command",
      "a2b6bc6d16c51d963dd7e23859d45a81aa6e1631568f1cb45f5198ac6ff08d36"
    ) { $0.command = ["httpd", "-f"] },
    Stored(
      "variables",
      "264a75946b6a50a0b04bef28e38d719689b62686733d9d3c561aca654449dfc9"
    ) {
      $0.environment = [
        "LEVEL": .plain("info"), "TOKEN": .secret(.environment("TOKEN")),
        "KEY": .secret(.file("/run/key")),
      ]
    },
    Stored(
      "another user and a writable root",
      "00507e4e1a2d5deff474157219c4f1a658a63c23849d28dfd90ca5c2633416dd"
    ) {
      $0.security.user = "1000:1000"
      $0.security.readOnlyRoot = false
    },
    Stored(
      "capabilities with and without prefix",
      "bf4032470e0b44dc543a1020aa683a684788f188a2635bd18bfa6c9b36a90f89"
    ) {
      $0.security.addedCapabilities = ["NET_BIND_SERVICE", "CAP_CHOWN"]
    },
    Stored(
      "writable folders",
      "d6cbade22e63ea42f9e7b75e0fec338bb2f1c7a240f09f9344af6a50a6fecd03"
    ) {
      $0.security.writable = ["/tmp": ByteCount(bytes: 1 << 20), "/run": ByteCount(bytes: 2 << 20)]
    },
    Stored(
      "ports",
      "22c42eaec231144768fc58111c2554570075d527efa9d46cbf11f2882712267d"
    ) {
      $0.ports = ["0.0.0.0:80:8080", "9119:3000", "127.0.0.2:8089:8089/udp"].compactMap { PortBinding($0) }
    },
    Stored(
      "volumes",
      "3468ef179237d051f0f524326a6fc411687f5cf876c2a567302f04f78ca811c4"
    ) { $0.volumes = ["data": "/data", "cache": "/var/cache"] },
    Stored(
      "external volumes and a health command",
      "8f584ba0278ac737c25f2851aeebabb30db8eb6f4abddfd5db2f766397d711e8"
    ) {
      $0.externalVolumes = ["legacy_data": "/legacy"]
      $0.healthCommand = ["/bin/healthy", "--quick"]
    },
    Stored(
      "GPUs and open input",
      "eba8f6d892ab389904fecdb15efce08702475f512016ca9fe313c80e649ee4c5"
    ) {
      $0.gpuCount = 2
      $0.keepsInputOpen = true
    },
  ]
}
