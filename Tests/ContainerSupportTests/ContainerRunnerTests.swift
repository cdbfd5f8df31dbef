import ContainerFakes
import ContainerSupport
import Model
import Testing

@Suite("Operations on containers")
struct ContainerRunnerTests {
  private let world = FakeEngines(secrets: [.environment("PASSWORD"): "hunter2-hunter2"])
  private let plan = ContainerPlan.sample("echo")

  private func error(of operation: ContainerOperation) async -> BackendError? {
    do throws(BackendError) {
      try await world.support.runner.run(operation, owner: "test")
      return nil
    } catch {
      return error
    }
  }

  @Test("Creating twice makes one container")
  func createTwice() async throws {
    try await world.support.runner.run(.create(plan), owner: "test")
    try await world.support.runner.run(.create(plan), owner: "test")
    #expect(world.local.running == [plan.containerName(owner: "test")])
  }

  @Test("A container of somebody else is never taken over")
  func foreignName() async throws {
    let name = plan.containerName(owner: "test")
    world.local.addUnmanaged(name)
    let error = try #require(await error(of: .create(plan)))
    #expect(error.code == "container.foreign")
    #expect(error.message.contains(name))
    #expect(world.local.names == [name])
  }

  @Test("Secrets are found when the container is made, and do not appear in what it last said")
  func secrets() async throws {
    let secretive = ContainerPlan.sample(
      "echo", environment: ["PASSWORD": .secret(.environment("PASSWORD")), "LEVEL": .plain("debugging")])
    world.local.makeCrash(.sample("echo"))
    let error = try #require(await error(of: .create(secretive)))
    #expect(error.code == "health.failed")
    #expect(error.message.contains("PASSWORD=\(Secret.redactedText)"))
    #expect(!"\(error)".contains("hunter2"))
    #expect(!"\(error)".contains("debugging"))
    let request = try #require(world.local.request(for: secretive.containerName(owner: "test")))
    #expect(request.environment["PASSWORD"]?.reveal() == "hunter2-hunter2")
  }

  @Test("A missing secret makes nothing")
  func missingSecret() async throws {
    let secretive = ContainerPlan.sample("echo", environment: ["A": .secret(.environment("NOWHERE"))])
    let error = try #require(await error(of: .create(secretive)))
    #expect(error.code == "secret.missing")
    #expect(world.local.changes.isEmpty)
  }

  @Test("Stopping and removing what is gone is no error")
  func removeTwice() async throws {
    try await world.support.runner.run(.create(plan), owner: "test")
    let handle = world.local.observations[0].handle
    try await world.support.runner.run(.remove(handle), owner: "test")
    try await world.support.runner.run(.remove(handle), owner: "test")
    #expect(world.local.names.isEmpty)
  }

  @Test("The new one that fails goes, the old one works on", arguments: [true, false])
  func failedReplacement(newFirst: Bool) async throws {
    try await world.support.runner.run(.create(plan), owner: "test")
    let old = world.local.observations[0]
    let bad = ContainerPlan.sample(
      "echo", image: .sample("bad"), health: .http(port: 80, path: "/health", within: TimeSpan(seconds: 5)))
    world.local.makeUnhealthy(.sample("bad"))
    let error = try #require(
      await error(of: newFirst ? .replaceAfter(bad, old: old.handle) : .replaceBefore(bad, old: old.handle)))
    #expect(error.code == "health.failed")
    #expect(error.message.contains("within 5s"))
    #expect(world.local.running == [old.name])
    #expect(world.local.names == [old.name])
    let wasStopped = world.local.changes.contains("stop \(old.name)")
    #expect(wasStopped == !newFirst, "with new first the old one is never touched")
  }
}

@Suite("Seeing containers")
struct ContainerObserverTests {
  private let world = FakeEngines()
  private let echo = ResourceID(kind: "Module", name: "echo")

  private func sought(_ engines: Set<EngineAddress>) -> ContainerQuery {
    ContainerQuery(id: echo, engines: engines, health: .running)
  }

  @Test("An engine that does not answer fails exactly the resources that may be on it")
  func unreachable() async throws {
    try await world.support.runner.run(.create(.sample("echo")), owner: "test")
    world.second.setReachable(false)
    let other = ResourceID(kind: "Module", name: "other")
    let results = await world.support.observer.observe(
      [
        sought([.local]), .init(id: other, engines: [.local, FakeEngines.secondAddress], health: .running),
      ], in: .test())
    #expect(try results[echo]?.get()?.containers.count == 1)
    guard case .failure(let error)? = results[other] else {
      Issue.record("other may be on the engine that does not answer")
      return
    }
    #expect(error.code == "docker.unreachable")
  }

  @Test("Containers of another owner are not seen")
  func otherOwner() async throws {
    try await world.support.runner.run(.create(.sample("echo")), owner: "somebody")
    let results = await world.support.observer.observe([sought([.local])], in: .test())
    #expect(try results[echo]?.get() == nil)
  }

  @Test("An engine that was asked before is looked at, though no node names it any more")
  func remembered() async throws {
    let engine = try world.support.engines.engine(at: FakeEngines.secondAddress)
    #expect(try await engine.containersByNode(owner: "test").isEmpty)
    let plan = ContainerPlan(
      resource: echo, engine: FakeEngines.secondAddress, template: ContainerTemplate(image: .sample("echo")),
      limits: ContainerLimits(memory: nil, cores: nil, pids: nil), health: .running)
    try await world.support.runner.run(.create(plan), owner: "test")
    let results = await world.support.observer.observe([sought([.local])], in: .test())
    #expect(try results[echo]?.get()?.containers.map(\.engine) == [FakeEngines.secondAddress])
  }

  @Test("The local engine is the same whether it is called local or by its socket")
  func canonical() async throws {
    try await world.support.runner.run(.create(.sample("echo")), owner: "test")
    let results = await world.support.observer.observe(
      [sought([.local, .unix(path: "/run/local.sock")])], in: .test())
    #expect(try results[echo]?.get()?.containers.map(\.engine) == [.local])
  }

  @Test("A container is starting while it is young, and failing when it should have come up")
  func young() async throws {
    let http = HealthRule.http(port: 80, path: "/h", within: TimeSpan(seconds: 10))
    try await world.support.runner.run(.create(.sample("echo", health: http)), owner: "test")
    world.local.makeUnhealthy(.sample("echo"))
    let now = Timestamp(seconds: 1000)
    world.local.changeOutOfBand(world.local.names[0]) { $0.startedAt = now }
    for (seconds, health) in [
      (Int64(5), ContainerObservation.Health.starting), (15, .failing("GET /h on port 80: status 503")),
    ] {
      let results = await world.support.observer.observe(
        [.init(id: echo, engines: [.local], health: http)],
        in: .test(now: now + TimeSpan(seconds: seconds)))
      #expect(try results[echo]?.get()?.containers[0].health == health)
    }
  }
}
