import DockerEngine
import DockerSupport
import HTTP
import Model
import Synchronization
import Testing

/// A step whose lease was taken over while it was paused sends nothing more to the engine.
@Suite(.timeLimit(.minutes(2))) struct DockerFenceTests {
  @Test("Without the lease, requests that change something are not sent, and others are")
  func absentEngine() async throws {
    let client = HTTPClient()
    defer { client.shutdown() }
    let engine = DockerEngine(endpoint: EngineEndpoint(.unix("/nonexistent/docker.sock")), client: client)
    await MutationFence.$lease.withValue(LeaseCheck(isNeverHeld)) {
      let changes: [@Sendable () async throws -> Void] = [
        { try await engine.createVolume("v") }, { try await engine.removeVolume("v") },
        { try await engine.start("c") }, { try await engine.stop("c") }, { try await engine.remove("c") },
        { try await engine.pullImage("registry.example/a:1") },
        { _ = try await engine.createContainer(name: "c", ContainerConfiguration(image: "a:1")) },
      ]
      for change in changes {
        let error = await #expect(throws: DockerError.self) { try await change() }
        #expect(error?.code == .leaseLost && error?.retry == .later && error?.effect == .settled)
      }
      let error = await #expect(throws: DockerError.self) { try await engine.listVolumes() }
      #expect(error?.code == .unreachable, "reading is no change")
    }
  }

  @Test(
    "A lease that is lost between two requests stops the second",
    .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)))
  func pausedStep() async throws {
    let bed = try await DockerTestBed.shared()
    try await bed.withScope { scope in
      let isHeld = Mutex(true)
      let check: @Sendable () -> Bool = { isHeld.withLock { $0 } }
      try await MutationFence.$lease.withValue(LeaseCheck(check)) {
        try await bed.engine.createVolume(scope.name("v"), labels: scope.labels)
        isHeld.withLock { $0 = false }
        let error = await #expect(throws: DockerError.self) {
          try await bed.engine.removeVolume(scope.name("v"))
        }
        #expect(error?.code == .leaseLost)
      }
      #expect(try await bed.engine.listVolumes(labels: scope.labels).map(\.name) == [scope.name("v")])
    }
  }
}

private let isNeverHeld: @Sendable () -> Bool = { false }
