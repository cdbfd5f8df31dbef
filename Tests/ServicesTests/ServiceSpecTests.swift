import ContainerSupport
import Manifests
import Model
import Services
import Testing

@Suite("Manifest of a service")
struct ServiceSpecTests {
  private static let digest = String(repeating: "ab", count: 32)

  private func load(_ spec: String) -> LoadResult {
    let text = """
      apiVersion: rendertrust.com/v1
      kind: Service
      metadata: {name: grafana}
      spec: \(spec)

      """
    return ManifestLoader(kinds: [KindSchema(ServiceSpec.self)]).load(text: text, name: "grafana.yaml")
  }

  @Test("The canonical form of a manifest decodes to the same spec")
  func canonicalForm() throws {
    let result = load(
      """
      {image: "grafana/grafana:10.4.2@sha256:\(Self.digest)", ports: ["9119:3000"],
        volumes: {data: /var/lib/grafana}, environment: {LEVEL: info, PASSWORD: {env: GRAFANA_PASSWORD}},
        health: {http: {port: 3000, path: /api/health}, within: 60s},
        limits: {memory: 512Mi, cores: 1, pids: 256}}
      """)
    #expect(result.diagnostics.map(\.description) == [])
    let spec = try #require(result.desired?.resources.first?.spec as? ServiceSpec)
    #expect(spec.ports.map(\.description) == ["127.0.0.1:9119:3000"])
    #expect(spec.environment["PASSWORD"] == .secret(.environment("GRAFANA_PASSWORD")))
    #expect(spec.security == SecuritySettings())
    let again = load(spec.value.json)
    #expect(again.desired?.resources.first?.spec as? ServiceSpec == spec)
  }

  @Test(
    "An unsafe or contradictory manifest is refused with its reason",
    arguments: [
      ("image: \"grafana:10\"", "an image by digest"),
      ("security: {user: root}", "containers never run as root"),
      ("security: {user: \"0:0\"}", "containers never run as root"),
      ("security: {user: \"00\"}", "containers never run as root"),
      ("security: {capabilities: [SYS_ADMIN]}", "would undo the sandbox"),
      ("security: {capabilities: [net_admin]}", "capability"),
      ("security: {writable: {tmp: 1Mi}}", "absolute paths below /"),
      ("security: {user: \":5\"}", "containers never run as root"),
      ("security: {user: \"5000000000\"}", "a user is a number up to"),
      ("security: {user: \"a:b:c\"}", "a user is a number up to"),
      ("security: {user: \"-1\"}", "a user is a number up to"),
      ("security: {capabilities: [CAP_SYS_ADMIN]}", "CAP_SYS_ADMIN would undo the sandbox"),
      ("security: {capabilities: [CAP_ALL]}", "would undo the sandbox"),
      ("security: {capabilities: [CAP_CAP_CHOWN]}", "is not a Linux capability"),
      ("security: {capabilities: [NET_BIND]}", "is not a Linux capability"),
      ("security: {capabilities: [CHOWN, CAP_CHOWN]}", "CAP_CHOWN is declared twice"),
      ("security: {writable: {/tmp/../etc: 1Mi}}", "absolute paths below /"),
      ("security: {writable: {/tmp/: 1Mi}}", "absolute paths below /"),
      ("security: {writable: {//tmp: 1Mi}}", "absolute paths below /"),
      ("security: {writable: {/proc/x: 1Mi}}", "belongs to the kernel"),
      ("security: {writable: {/tmp: 0}}", "at least 1Mi"),
      ("security: {writable: {/tmp: 1023Ki}}", "at least 1Mi"),
      ("security: {writable: {/a: 1Mi, /a/b: 1Mi}}", "/a/b is covered by the writable folder /a"),
      ("volumes: {data: /tmp}", "/tmp is covered by the writable folder /tmp"),
      ("volumes: {data: /tmp/x/y}", "/tmp/x/y is covered by the writable folder /tmp"),
      ("externalVolumes: {data: /tmp/x}", "/tmp/x is covered by the writable folder /tmp"),
      (
        "volumes: {data: /srv}, security: {writable: {/srv/a: 1Mi}}",
        "/srv/a lies inside the volume data, which is mounted at /srv"
      ),
      ("volumes: {a: /srv, b: /srv/a/b}", "/srv/a/b lies inside the volume a, which is mounted at /srv"),
      ("volumes: {a: /srv}, externalVolumes: {B: /srv}", "two volumes are mounted at /srv"),
      ("volumes: {data: /srv/}", "an absolute path below /"),
      ("volumes: {data: /srv/./a}", "an absolute path below /"),
      ("volumes: {data: /sys}", "belongs to the kernel"),
      ("volumes: {data: relative}", "an absolute path below /"),
      ("volumes: {../etc: /etc}", "volume names"),
      ("volumes: {a: /data, b: /data}", "two volumes are mounted at /data"),
      (
        "ports: [\"80:8080\", \"0.0.0.0:80:8081\"]",
        "host port 0.0.0.0:80/tcp overlaps 127.0.0.1:80/tcp, which is declared above"
      ),
      ("ports: [\"localhost:80:8080\"]", "container port"),
      ("image: \"127.0.0.1:5055/Team/web@sha256:\(digest)\"", "image names are lowercase, found ‘Team’"),
      ("image: \"a..b@sha256:\(digest)\"", "‘a..b’ is not a part of an image name"),
      ("command: [\"a\\0b\"]", "contains the control character U+0000"),
      ("health: {command: [\"a\\0b\"]}", "contains the control character U+0000"),
      ("environment: {\"1A\": c}", "not a name of an environment variable"),
      ("environment: {\" A\": c}", "not a name of an environment variable"),
      ("environment: {\"A\\nB\": c}", "contains the control character U+000A"),
      ("environment: {A: \"a\\0b\"}", "contains the control character U+0000"),
      ("environment: {A: }", "must be text or a secret reference, but nothing is written there"),
      ("environment: {\"A=B\": c}", "not a name of an environment variable"),
      ("health: {within: 5s}", "either `http` or `command`"),
      ("health: {http: {port: 1}, command: [a]}", "either `http` or `command`"),
      ("limits: {memory: 1Mi}", "memory"),
      ("node: Service/other", "Node/"),
    ])
  func refused(field: String, reason: String) {
    let image = field.hasPrefix("image") ? "" : "image: \"a@sha256:\(Self.digest)\", "
    let diagnostics = load("{\(image)\(field)}").diagnostics.map(\.description)
    #expect(diagnostics.contains { $0.contains(reason) }, "\(diagnostics)")
  }

  @Test(
    "What engines accept and keeps the sandbox is accepted",
    arguments: [
      "security: {user: \"1000\"}", "security: {user: \"grafana:472\"}",
      "security: {capabilities: [CAP_NET_BIND_SERVICE, CHOWN]}",
      "security: {writable: {/tmp: 1Mi, /tmpx: 1Mi, /dev/shm: 64Mi}}",
      "volumes: {a: /srv/a, b: /srv/ab}", "security: {writable: {}}, volumes: {a: /tmp}",
      "environment: {_A: \"\", discovery.type: single-node, A-B: c}",
    ])
  func accepted(fields: String) {
    let diagnostics = load("{image: \"a@sha256:\(Self.digest)\", \(fields)}").diagnostics
    #expect(diagnostics.map(\.description) == [])
  }
}
