import DockerEngine
import DockerSupport
import HTTP
import Model
import Testing

/// One hardened container from creation to removal, on a real engine.
@Suite(
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct ContainerLifeTests {
  @Test("Inspection shows the requested configuration")
  func inspectionShowsTheRequestedConfiguration() async throws {
    let bed = try await DockerTestBed.shared()
    let image = try await bed.pulled("echoImage")
    try await bed.withScope { scope in
      let name = scope.name("a")
      var wanted = scope.configuration(image: image)
      wanted.environment = [
        EnvironmentEntry("LEVEL", "debug"), EnvironmentEntry("KEY", .secret(Secret("geheim"))),
      ]
      wanted.resources = ContainerResources(memory: 48 << 20, nanoCPUs: 500_000_000, pids: 64)
      wanted.ports = [PublishedPort(hostPort: 0, containerPort: 8080)]
      wanted.volumes = [VolumeMount(scope.name("data"), at: "/data")]
      wanted.restart = .onFailure(maximum: 3)
      wanted.health = HealthCheck(
        test: ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/health"],
        interval: TimeSpan(milliseconds: 200), timeout: TimeSpan(seconds: 5))
      try await bed.engine.createVolume(scope.name("data"), labels: scope.labels)
      let id = try await bed.engine.createContainer(name: name, wanted)

      var state = try #require(try await bed.engine.inspectContainer(name))
      #expect(state.id == id)
      #expect(state.status == .created && state.startedAt == nil)
      #expect(state.image == image)
      #expect(state.hardening == wanted.hardening)
      #expect(state.resources == wanted.resources)
      #expect(state.volumes == wanted.volumes)
      #expect(state.tmpfs == wanted.tmpfs)
      #expect(state.restart == wanted.restart)
      #expect(state.healthCheck == wanted.health)
      #expect(state.network == "bridge" && state.networks == ["bridge"])
      #expect(state.swap == 0 && state.usesInit && !state.keepsInputOpen && state.gpuCount == 0)
      #expect(state.deviations == [:])
      #expect(
        state.mounts.map(\.path) == ["/data"] && state.mounts.allSatisfy { $0.isVolume && !$0.isReadOnly })
      #expect(state.environment["LEVEL"] == Digest(of: "debug"))
      let defaults = try #require(try await bed.engine.imageDefaults(state.imageID))
      #expect(state.command == defaults.command && state.workingDirectory == defaults.workingDirectory)
      #expect(try await bed.engine.imageDefaults("sha256:" + String(repeating: "0", count: 64)) == nil)
      #expect(state.labels[Model.labelPrefix + "/test"] == scope.prefix)
      #expect(Set(state.environmentNames).isSuperset(of: ["LEVEL", "KEY"]))
      #expect(!String(reflecting: state).contains("geheim"))

      try await bed.engine.start(id)
      try await bed.engine.start(id)
      try await eventually { try await bed.engine.inspectContainer(id)?.health == .healthy }
      state = try #require(try await bed.engine.inspectContainer(id))
      #expect(state.isRunning && state.startedAt != nil && state.ipAddress != nil)
      let port = try #require(state.ports.first)
      #expect(port.hostIP == "127.0.0.1" && port.containerPort == 8080 && port.hostPort > 0)
      let summary = try #require(try await bed.engine.listContainers(labels: scope.labels).first)
      #expect(
        summary.id == id && summary.name == name && summary.status == .running && summary.health == .healthy)
      #expect(summary.ports == state.ports && summary.ipAddress == state.ipAddress && summary.image == image)

      var run = HTTPRequest(.post, "http://127.0.0.1:\(port.hostPort)/run")
      run.body = Array(#"{"a":1}"#.utf8)
      let answer = try await bed.client.send(run)
      #expect(answer.text == #"{"module":"echo","version":"1.0","echo":{"a":1}}"#)

      try await bed.engine.stop(id, timeoutSeconds: 5)
      try await bed.engine.stop(id)
      let stopped = try #require(try await bed.engine.listContainers(labels: scope.labels).first)
      #expect(stopped.status == .exited && stopped.exitCode == 143)
      try await bed.engine.remove(id)
      try await bed.engine.remove(id)
      #expect(try await bed.engine.inspectContainer(id) == nil)
      #expect(try await bed.engine.listVolumes(labels: scope.labels).map(\.name) == [scope.name("data")])
      try await bed.engine.removeVolume(scope.name("data"))
      try await bed.engine.removeVolume(scope.name("data"))
    }
  }

  @Test("Limits and name change while it runs") func limitsAndNameChangeWhileItRuns() async throws {
    let bed = try await DockerTestBed.shared()
    let image = try await bed.pulled("echoImage")
    try await bed.withScope { scope in
      var configuration = scope.configuration(image: image)
      configuration.resources = ContainerResources(memory: 32 << 20, nanoCPUs: 500_000_000, pids: 64)
      let id = try await bed.engine.createContainer(name: scope.name("a"), configuration)
      try await bed.engine.start(id)
      let larger = ContainerResources(memory: 96 << 20, nanoCPUs: 750_000_000, pids: 100)
      try await bed.engine.update(id, resources: larger)
      try await bed.engine.rename(id, to: scope.name("b"))
      let state = try #require(try await bed.engine.inspectContainer(scope.name("b")))
      #expect(state.resources == larger)
      #expect(state.isRunning)
      let started = state.startedAt
      try await bed.engine.restart(id, timeoutSeconds: 5)
      #expect(try await bed.engine.inspectContainer(id)?.startedAt != started)
    }
  }

  @Test("Hardening holds inside") func hardeningHoldsInside() async throws {
    let bed = try await DockerTestBed.shared()
    let image = try await bed.pulled("echoImage")
    try await bed.withScope { scope in
      var configuration = scope.configuration(image: image)
      configuration.command = [
        "sh", "-c",
        """
        id -u; id -g; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t'
        touch /x 2>/dev/null && echo root is writable; touch /tmp/x && echo tmp is writable
        touch /data/x 2>/dev/null && echo data is writable; exit 3
        """,
      ]
      configuration.volumes = [VolumeMount(scope.name("data"), at: "/data")]
      try await bed.engine.createVolume(scope.name("data"), labels: scope.labels)
      let id = try await bed.engine.createContainer(name: scope.name("a"), configuration)
      try await bed.engine.start(id)
      let code = try await bed.engine.wait(id)
      #expect(code == 3)
      let logs = try await bed.engine.logs(id)
      #expect(
        logs == """
          65532
          65532
          CapEff:0000000000000000
          CapBnd:0000000000000000
          NoNewPrivs:1
          Seccomp:2
          tmp is writable
          data is writable

          """)
      #expect(try await bed.engine.inspectContainer(id)?.exitCode == 3)
      #expect(try await bed.engine.logs(id, tail: 1) == "data is writable\n")
    }
  }

  @Test("A container that exceeds its memory reports it")
  func aContainerThatExceedsItsMemoryReportsIt() async throws {
    let bed = try await DockerTestBed.shared()
    let image = try await bed.pulled("echoImage")
    try await bed.withScope { scope in
      var configuration = scope.configuration(image: image)
      configuration.command = [
        "sh", "-c", "head -c 200000000 /dev/zero | tail -c 200000000 >/dev/null; exec sleep 60",
      ]
      configuration.usesInit = false
      configuration.resources = ContainerResources(memory: 16 << 20)
      let events = try await bed.engine.events(labels: scope.labels)
      let id = try await bed.engine.createContainer(name: scope.name("a"), configuration)
      try await bed.engine.start(id)
      // The engine learns of both in any order, so the container runs on until the report arrived.
      for try await event in events where event.action == "oom" { break }
      try await bed.engine.kill(id)
      _ = try await bed.engine.wait(id)
      #expect(try await bed.engine.inspectContainer(id)?.oomKilled == true)
    }
  }

  @Test("Many containers are inspected at once, and absence is a result")
  func manyContainersAreInspectedAtOnceAndAbsence() async throws {
    let bed = try await DockerTestBed.shared()
    let image = try await bed.pulled("webImage")
    try await bed.withScope { scope in
      var ids: [String] = []
      for index in 0..<20 {
        ids.append(
          try await bed.engine.createContainer(
            name: scope.name("\(index)"), scope.configuration(image: image)))
      }
      let results = await bed.engine.inspectContainers(ids + ["absent"])
      #expect(results.count == 21)
      for id in ids { #expect(try results[id]?.get()?.id == id) }
      #expect(try results["absent"]?.get() == .some(nil))
      #expect(try await bed.engine.listContainers(labels: scope.labels).count == 20)
      #expect(try await bed.engine.listContainers(labels: scope.labels, all: false).isEmpty)
    }
  }
}

struct NeverHappened: Error {}

/// Evaluates the condition every 50 milliseconds, for up to 30 seconds.
func eventually(_ condition: () async throws -> Bool) async throws {
  for _ in 0..<600 {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(50))
  }
  throw NeverHappened()
}
