import ContainerFakes
import ContainerSupport
import DockerEngine
import DockerSupport
import Glibc
import KindTestSupport
import Manifests
import Model
import Planning
import Reconciling
import Services
import Testing

/// The same lifecycle as `ServiceLifecycleTests`, on a real engine.
@Suite(
  "Service on a real engine",
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct ServiceContractTests {
  private static let id = ResourceID(kind: "Service", name: "web")

  private func fixture(_ docker: DockerFixture) -> KindFixture<ServicePlanner, ServiceBackend> {
    KindFixture(
      ServicePlanner(), ServiceBackend(docker.support))
  }

  private func service(
    _ docker: DockerFixture, image: String = "webImage", _ change: (inout ServiceSpec) -> Void = { _ in }
  ) throws -> Resource<ServiceSpec> {
    var spec = ServiceSpec()
    spec.image = try docker.image(image)
    spec.limits.memory = ByteCount(bytes: 32 << 20)
    spec.limits.cores = CoreCount(thousandths: 250)
    spec.limits.pids = 32
    spec.health = HealthSettings()
    spec.health?.http = HTTPHealthSettings()
    spec.health?.http?.port = 8080
    spec.health?.http?.path = "/health"
    spec.health?.within = TimeSpan(seconds: 15)
    change(&spec)
    return .test("Service", "web", spec)
  }

  @Test("A service starts hardened, labelled and limited, and answers at its port")
  func create() async throws {
    try await DockerFixture.with(secrets: [.environment("TOKEN"): "not-to-be-seen"]) { docker in
      let port = try Loopback.freePort()
      let service = try service(docker) {
        $0.ports = [PortBinding(hostAddress: .loopback4, hostPort: port, containerPort: 8080)]
        $0.volumes = ["data": "/data"]
        $0.environment = ["LEVEL": .plain("info"), "TOKEN": .secret(.environment("TOKEN"))]
      }
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      #expect(try await fixture(docker).plan(Self.id, service, in: docker.context()).isUpToDate)
      #expect(try await fixture(docker).health(of: service, in: docker.context()) == .ready)
      let container = try #require(try await docker.containers().first)
      #expect(container.image == service.spec.image.pullReference)
      #expect(container.hardening == ContainerHardening())
      #expect(container.resources == ContainerResources(memory: 32 << 20, nanoCPUs: 250_000_000, pids: 32))
      #expect(container.labels["rendertrust.com/resource"] == "Service/web")
      #expect(container.labels["rendertrust.com/owner"] == docker.owner)
      #expect(container.labels["rendertrust.com/environment"] == "dev")
      #expect(container.restart == .unlessStopped)
      #expect(container.environmentNames.contains("TOKEN"))
      #expect(container.ports.map(\.hostIP) == ["127.0.0.1"])
      #expect(try await docker.volumes().map(\.name) == ["rt_\(docker.owner)_dev_service_web_data"])
      let answer = await HealthProbe.over(docker.bed.client)(.init(address: "127.0.0.1", port: port), "/")
      #expect(answer == nil)
    }
  }

  @Test("Changed limits, a stop, a kill, a pause and a removal are corrected")
  func drift() async throws {
    try await DockerFixture.with { docker in
      let service = try service(docker)
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      for change in ["limits", "stop", "kill", "pause", "remove"] {
        let container = try #require(try await docker.containers().first)
        switch change {
        case "limits":
          try await docker.engine.update(
            container.id, resources: ContainerResources(memory: 64 << 20, nanoCPUs: 250_000_000, pids: 32))
        case "stop": try await docker.engine.stop(container.id, timeoutSeconds: 0)
        case "pause": try await docker.engine.pause(container.id)
        case "kill": try await docker.engine.kill(container.id)
        default: try await docker.engine.remove(container.id, force: true)
        }
        let steps = try await fixture(docker).apply(
          Self.id, service, lastApplied: service, in: docker.context())
        #expect(steps.count == 1, "\(change)")
        if change == "limits" {
          #expect(
            steps.first?.fields == [FieldChange("limits.memory", from: .string("64Mi"), to: .string("32Mi"))])
        }
        #expect(try await docker.containers().map(\.status) == [.running], "\(change)")
        #expect(
          try await fixture(docker).plan(Self.id, service, lastApplied: service, in: docker.context())
            .isUpToDate,
          "\(change)")
      }
    }
  }

  @Test("Every change outside of what is declared or isolates the container is corrected")
  func outsideChanges() async throws {
    try await DockerFixture.with { docker in
      let port = try Loopback.freePort()
      let service = try service(docker) {
        $0.ports = [PortBinding(hostAddress: .loopback4, hostPort: port, containerPort: 8080)]
        $0.volumes = ["data": "/data"]
        $0.environment = ["LEVEL": .plain("info")]
        $0.security.capabilities = ["CAP_CHOWN", "NET_BIND_SERVICE"]
        $0.command = ["httpd", "-f", "-p", "8080", "-h", "/www"]
      }
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      let update = "/containers/CONTAINER/update"
      let network = "/networks/bridge"
      for (path, body, isReplaced) in [
        (update, #"{"Memory": 33554432, "MemorySwap": -1}"#, false),
        (update, #"{"RestartPolicy": {"Name": "no"}}"#, false),
        (update, #"{"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}}"#, false),
        (update, #"{"CpuShares": 2}"#, true), (update, #"{"CpusetCpus": "0"}"#, true),
        ("\(network)/disconnect", #"{"Container": "CONTAINER"}"#, false),
      ] {
        let id = try #require(try await docker.containers().first?.id)
        try await docker.post(
          path.replacing("CONTAINER", with: id), body.replacing("CONTAINER", with: id))
        let steps = try await fixture(docker).apply(
          Self.id, service, lastApplied: service, in: docker.context())
        #expect(steps.count == 1 && steps.first?.fields.isEmpty == false, "\(body): \(steps)")
        let found = try #require(try await docker.containers().first)
        #expect((found.id != id) == isReplaced, "\(body)")
        #expect(found.swap == 0 && found.restart == .unlessStopped && found.networks == ["bridge"], "\(body)")
        #expect(found.deviations == [:], "\(body)")
        let plan = try await fixture(docker).plan(
          Self.id, service, lastApplied: service, in: docker.context())
        #expect(plan.isUpToDate, "\(body)")
        let address = InspectedContainer.HostPort(address: "127.0.0.1", port: port)
        #expect(await HealthProbe.over(docker.bed.client)(address, "/") == nil, "\(body): the port answers")
      }
    }
  }

  @Test("A container that is created again outside with more privileges is replaced; another network is left")
  func createdAgain() async throws {
    try await DockerFixture.with { docker in
      let service = try service(docker)
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      let made = try #require(try await docker.containers().first)
      try await docker.engine.remove(made.id, force: true)
      var forged = ContainerConfiguration(image: made.image)
      forged.labels = made.labels
      forged.resources = made.resources
      forged.restart = .unlessStopped
      forged.hardening.privileged = true
      forged.hardening.addedCapabilities = ["CAP_SYS_ADMIN"]
      let id = try await docker.engine.createContainer(name: made.name, forged)
      try await docker.engine.start(id)
      let steps = try await fixture(docker).apply(
        Self.id, service, lastApplied: service, in: docker.context())
      #expect(steps.map(\.action) == [.replace])
      let fields = Set(steps.flatMap(\.fields).map(\.path))
      #expect(fields.isSuperset(of: ["Privileged", "security.capabilities"]), "\(fields)")
      #expect(try await docker.containers().map(\.hardening) == [ContainerHardening()])

      let network = "rt-test-\(docker.owner)"
      try await docker.post(
        "/networks/create",
        #"{"Name": "\#(network)", "Labels": {"rendertrust.com/owner": "\#(docker.owner)"}}"#)
      let replaced = try #require(try await docker.containers().first?.id)
      try await docker.post("/networks/\(network)/connect", #"{"Container": "\#(replaced)"}"#)
      try await fixture(docker).apply(Self.id, service, lastApplied: service, in: docker.context())
      #expect(try await docker.containers().map(\.networks) == [["bridge"]])
      #expect(try await docker.containers().map(\.id) == [replaced])
      try await docker.delete("/networks/\(network)")
    }
  }

  @Test("Each environment sees its own containers only, and one without an environment by its holding")
  func environments() async throws {
    try await DockerFixture.with { docker in
      let service = try service(docker) { $0.volumes = ["data": "/data"] }
      func context(_ environment: String, _ holdings: [Holding] = []) -> ReconcileContext {
        .test(owner: docker.owner, environment: environment, holdings: holdings)
      }
      try await fixture(docker).apply(Self.id, service, in: context("prod"))
      try await fixture(docker).apply(Self.id, service, in: context("stg"))
      #expect(try await docker.containers().count == 2)
      try await fixture(docker).apply(Self.id, nil, lastApplied: service, in: context("stg"))
      let left = try #require(try await docker.containers().first)
      #expect(left.labels["rendertrust.com/environment"] == "prod")

      // As version 0.4.0 created it, under the name that it gave.
      try await docker.engine.remove(left.id, force: true)
      let volume = "rt-\(docker.owner)-service-web-data"
      let labels = left.labels.filter { $0.key != "rendertrust.com/environment" }
      try await docker.engine.createVolume(volume, labels: labels)
      let unmarked = Holding(
        thing: .unmarked(Self.id), role: "unmarked", environment: "prod", resource: Self.id, holdsData: false,
        since: Timestamp(seconds: 1))
      let held = context("prod", [unmarked])
      try await fixture(docker).apply(Self.id, service, in: held)
      let made = try #require(try await docker.containers().first)
      #expect(made.mounts.map(\.source) == [volume])
      try await docker.createAgain(
        made, labels: made.labels.filter { $0.key != "rendertrust.com/environment" })
      let former = try #require(try await docker.containers().first)
      #expect(
        try await fixture(docker).plan(Self.id, service, lastApplied: service, in: held).steps
          .map(\.operation).allSatisfy { if case .start = $0 { true } else { false } })
      #expect(
        try await fixture(docker).plan(Self.id, service, lastApplied: service, in: context("stg", [unmarked]))
          .steps.map(\.action) == [.create])
      #expect(try await docker.containers().map(\.id) == [former.id])
    }
  }

  @Test("A container that keeps exiting is not ready, and its last line shows no secret")
  func crashLoop() async throws {
    try await DockerFixture.with(secrets: [.environment("TOKEN"): "not-to-be-seen"]) { docker in
      let service = try service(docker) {
        $0.volumes = ["data": "/data"]
        $0.environment = ["TOKEN": .secret(.environment("TOKEN"))]
        $0.command = [
          "sh", "-c", "[ -f /data/x ] && echo no entry with $TOKEN && exit 3; exec httpd -f -p 8080 -h /www",
        ]
      }
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      let id = try #require(try await docker.containers().first?.id)
      let process = ContainerProcess(in: id, ["sh", "-c", "touch /data/x"], timeout: .seconds(10))
      #expect(try await docker.engine.run(process).end == .exited(0))
      try await docker.engine.restart(id, timeoutSeconds: 0)
      var health: Health?
      for _ in 0..<100 {
        let started = try await docker.containers().first?.startedAt
        let context = ReconcileContext.test(owner: docker.owner, now: try #require(started))
        health = try await fixture(docker).health(of: service, in: context)
        if case .degraded("CrashLoop", let message)? = health, message.contains("no entry") { break }
        try await Task.sleep(for: .milliseconds(50))
      }
      guard case .degraded("CrashLoop", let message)? = health else {
        Issue.record("\(String(describing: health))")
        return
      }
      #expect(message.contains("last line: no entry with ‹redacted›"), "\(message)")
    }
  }

  @Test("A host port that is in use is reported with the container that publishes it, or without one")
  func portInUse() async throws {
    try await DockerFixture.with { docker in
      let port = try Loopback.freePort()
      let service = try service(docker) {
        $0.ports = [PortBinding(hostAddress: .loopback4, hostPort: port, containerPort: 8080)]
      }
      func refusal(_ service: Resource<ServiceSpec>) async throws -> BackendError? {
        do {
          try await fixture(docker).apply(Self.id, service, in: docker.context())
          return nil
        } catch let error as BackendError {
          return error
        }
      }
      try await fixture(docker).apply(Self.id, service, in: .test(owner: docker.owner, environment: "prod"))
      let error = try #require(try await refusal(service))
      #expect(error.code == "port.taken" && error.message.contains("environment prod"), "\(error)")
      #expect(
        error.message.contains("host port 127.0.0.1:\(port)/tcp is published by container rt_"), "\(error)")

      let (socket, taken) = try Loopback.occupyPort()
      defer { close(socket) }
      let other = try self.service(docker) {
        $0.ports = [PortBinding(hostAddress: .loopback4, hostPort: taken, containerPort: 8080)]
      }
      let outside = try #require(try await refusal(other))
      #expect(outside.code == "port.taken" && outside.message.contains("outside Docker"), "\(outside)")
    }
  }

  @Test("A port on an address of IPv6 is published there")
  func ipv6() async throws {
    try await DockerFixture.with { docker in
      let port = try Loopback.freePort()
      let address = try #require(HostAddress("[::1]"))
      let service = try service(docker) {
        $0.ports = [PortBinding(hostAddress: address, hostPort: port, containerPort: 8080)]
      }
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      #expect(try await docker.containers().flatMap(\.ports).map(\.hostIP) == ["::1"])
      #expect(try await fixture(docker).plan(Self.id, service, in: docker.context()).isUpToDate)
    }
  }

  @Test("A new image takes over port and volume; a broken image leaves them to the old container")
  func replace() async throws {
    try await DockerFixture.with { docker in
      let port = try Loopback.freePort()
      let prepare: (inout ServiceSpec) -> Void = {
        $0.ports = [PortBinding(hostAddress: .loopback4, hostPort: port, containerPort: 8080)]
        $0.volumes = ["data": "/data"]
      }
      let old = try service(docker, prepare)
      let new = try service(docker, image: "webImageNext", prepare)
      let broken = try service(docker, image: "webImageNext") {
        prepare(&$0)
        $0.command = ["sh", "-c", "echo no such page; exit 3"]
      }
      try await fixture(docker).apply(Self.id, old, in: docker.context())
      try await fixture(docker).apply(Self.id, new, lastApplied: old, in: docker.context())
      #expect(try await docker.containers().map(\.image) == [new.spec.image.pullReference])
      do {
        try await fixture(docker).apply(Self.id, broken, lastApplied: new, in: docker.context())
        Issue.record("a broken image was accepted")
      } catch let error as BackendError {
        #expect(error.code == "health.failed")
        #expect(error.message.contains("no such page"))
        #expect(error.message.contains("was started again"))
      }
      #expect(try await docker.containers().map(\.status) == [.running])
      #expect(
        try await fixture(docker).plan(Self.id, new, lastApplied: new, in: docker.context()).isUpToDate)
      let steps = try await fixture(docker).apply(Self.id, nil, lastApplied: new, in: docker.context())
      #expect(steps.count == 1)
      #expect(try await docker.containers().isEmpty)
      #expect(try await docker.volumes().count == 1)
    }
  }

  @Test("The engine runs the health command")
  func command() async throws {
    try await DockerFixture.with { docker in
      let service = try service(docker) {
        $0.health?.http = nil
        $0.health?.command = ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/health"]
        $0.health?.within = TimeSpan(seconds: 30)
      }
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      #expect(try await docker.containers().map(\.health) == [.healthy])
      #expect(try await fixture(docker).health(of: service, in: docker.context()) == .ready)
    }
  }

  @Test("A watch reports changes of the platform's containers only")
  func watch() async throws {
    try await DockerFixture.with { docker in
      let service = try service(docker)
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      let (events, continuation) = AsyncStream<ContainerWatch.Event>.makeStream()
      let watch = ContainerWatch(engines: docker.support.engines, owner: docker.owner)
      let task = Task { await watch.run { continuation.yield($0) } }
      defer { task.cancel() }
      let id = try #require(try await docker.containers().first?.id)
      // The watch may not be connected yet, so changes go on until one is reported.
      let changing = Task {
        while !Task.isCancelled {
          try await docker.engine.update(
            id, resources: ContainerResources(memory: 32 << 20, nanoCPUs: 250_000_000, pids: 33))
        }
      }
      defer { changing.cancel() }
      var iterator = events.makeAsyncIterator()
      #expect(await iterator.next() == .changed(Self.id))
    }
  }
}
