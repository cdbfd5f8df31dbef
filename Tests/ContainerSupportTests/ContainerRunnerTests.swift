import ContainerFakes
import ContainerSupport
import Model
import Testing

@Suite("Operations on containers")
struct ContainerRunnerTests {
  private let fakes = FakeEngines(secrets: [.environment("PASSWORD"): "hunter2-hunter2"])
  private let plan = ContainerPlan.sample("echo")

  private func error(of operation: ContainerOperation) async -> BackendError? {
    do throws(BackendError) {
      try await fakes.support.runner.run(operation, owner: "test")
      return nil
    } catch {
      return error
    }
  }

  @Test("A repeated create has one container")
  func createTwice() async throws {
    try await fakes.support.runner.run(.create(plan), owner: "test")
    try await fakes.support.runner.run(.create(plan), owner: "test")
    #expect(fakes.local.running == [plan.containerName(owner: "test")])
  }

  @Test("An unmanaged container with the same name is never reused")
  func foreignName() async throws {
    let name = plan.containerName(owner: "test")
    fakes.local.addUnmanaged(name)
    let error = try #require(await error(of: .create(plan)))
    #expect(error.code == "container.foreign")
    #expect(error.message.contains(name))
    #expect(fakes.local.names == [name])
  }

  @Test("Secrets are resolved at creation and redacted in the last lines of output")
  func secrets() async throws {
    let secretive = ContainerPlan.sample(
      "echo", environment: ["PASSWORD": .secret(.environment("PASSWORD")), "LEVEL": .plain("debugging")])
    fakes.local.makeCrash(.sample("echo"))
    let error = try #require(await error(of: .create(secretive)))
    #expect(error.code == "health.failed")
    #expect(error.message.contains("PASSWORD=\(Secret.redactedText)"))
    #expect(!"\(error)".contains("hunter2"))
    #expect(!"\(error)".contains("debugging"))
    let request = try #require(fakes.local.request(for: secretive.containerName(owner: "test")))
    #expect(request.environment["PASSWORD"]?.reveal() == "hunter2-hunter2")
  }

  @Test("A missing secret prevents the creation")
  func missingSecret() async throws {
    let secretive = ContainerPlan.sample("echo", environment: ["A": .secret(.environment("NOWHERE"))])
    let error = try #require(await error(of: .create(secretive)))
    #expect(error.code == "secret.missing")
    #expect(fakes.local.changes.isEmpty)
  }

  @Test("Removing an absent container succeeds")
  func removeTwice() async throws {
    try await fakes.support.runner.run(.create(plan), owner: "test")
    let handle = fakes.local.observations[0].handle
    try await fakes.support.runner.run(.remove(handle), owner: "test")
    try await fakes.support.runner.run(.remove(handle), owner: "test")
    #expect(fakes.local.names.isEmpty)
  }

  @Test("A failing new container is removed and the old one keeps running", arguments: [true, false])
  func failedReplacement(newFirst: Bool) async throws {
    try await fakes.support.runner.run(.create(plan), owner: "test")
    let old = fakes.local.observations[0]
    let bad = ContainerPlan.sample(
      "echo", image: .sample("bad"), health: .http(port: 80, path: "/health", within: TimeSpan(seconds: 5)))
    fakes.local.makeUnhealthy(.sample("bad"))
    let error = try #require(
      await error(of: newFirst ? .replaceAfter(bad, old: old.handle) : .replaceBefore(bad, old: old.handle)))
    #expect(error.code == "health.failed")
    #expect(error.message.contains("within 5s"))
    #expect(fakes.local.running == [old.name])
    #expect(fakes.local.names == [old.name])
    let wasStopped = fakes.local.changes.contains("stop \(old.name)")
    #expect(wasStopped == !newFirst, "with new first the old one is never stopped")
  }

  @Test("A replacement that fails by a call that may still take effect says so", arguments: [true, false])
  func uncertainReplacement(newFirst: Bool) async throws {
    try await fakes.support.runner.run(.create(plan), owner: "test")
    let old = fakes.local.observations[0].handle
    let new = ContainerPlan.sample("echo", image: .sample("new"))
    for changes in 0..<3 {
      fakes.local.failAfter(changes: changes, effect: .uncertain)
      let error = await error(of: newFirst ? .replaceAfter(new, old: old) : .replaceBefore(new, old: old))
      #expect(error?.effect == .uncertain, "\(changes) changes: \(String(describing: error))")
      fakes.local.failAfter(changes: nil)
    }
  }
}

@Suite("Observation of containers")
struct ContainerObserverTests {
  private let fakes = FakeEngines()
  private let echo = ResourceID(kind: "Module", name: "echo")

  private func query(_ engines: Set<EngineAddress>) -> ContainerQuery {
    ContainerQuery(id: echo, engines: engines, health: .running)
  }

  @Test("An engine that does not answer fails only the resources that it may run")
  func unreachable() async throws {
    try await fakes.support.runner.run(.create(.sample("echo")), owner: "test")
    fakes.second.setReachable(false)
    let other = ResourceID(kind: "Module", name: "other")
    let results = await fakes.support.observer.observe(
      [
        query([.local]), .init(id: other, engines: [.local, FakeEngines.secondAddress], health: .running),
      ], in: .test())
    #expect(try results[echo]?.get()?.containers.count == 1)
    guard case .failure(let error)? = results[other] else {
      Issue.record("the unreachable engine may run the other resource")
      return
    }
    #expect(error.code == "docker.unreachable")
  }

  @Test("Containers of another owner are ignored")
  func otherOwner() async throws {
    try await fakes.support.runner.run(.create(.sample("echo")), owner: "another")
    let results = await fakes.support.observer.observe([query([.local])], in: .test())
    #expect(try results[echo]?.get() == nil)
  }

  @Test("An engine that no node names any more is still observed")
  func remembered() async throws {
    let engine = try fakes.support.engines.engine(at: FakeEngines.secondAddress)
    #expect(try await engine.containersByNode(owner: "test").isEmpty)
    let plan = ContainerPlan(
      resource: echo, engine: FakeEngines.secondAddress, template: ContainerTemplate(image: .sample("echo")),
      limits: ContainerLimits(memory: nil, cores: nil, pids: nil), health: .running)
    try await fakes.support.runner.run(.create(plan), owner: "test")
    let results = await fakes.support.observer.observe([query([.local])], in: .test())
    #expect(try results[echo]?.get()?.containers.map(\.engine) == [FakeEngines.secondAddress])
  }

  @Test("The local engine and its socket are the same engine")
  func canonical() async throws {
    try await fakes.support.runner.run(.create(.sample("echo")), owner: "test")
    let results = await fakes.support.observer.observe(
      [query([.local, .unix(path: "/run/local.sock")])], in: .test())
    #expect(try results[echo]?.get()?.containers.map(\.engine) == [.local])
  }

  @Test("A container that fails its check is starting until its time is over, then failing")
  func young() async throws {
    let http = HealthRule.http(port: 80, path: "/h", within: TimeSpan(seconds: 10))
    try await fakes.support.runner.run(.create(.sample("echo", health: http)), owner: "test")
    fakes.local.makeUnhealthy(.sample("echo"))
    let now = Timestamp(seconds: 1000)
    fakes.local.changeOutOfBand(fakes.local.names[0]) { $0.startedAt = now }
    for (seconds, health) in [
      (Int64(5), ContainerObservation.Health.starting), (15, .failing("GET /h on port 80: status 503")),
    ] {
      let results = await fakes.support.observer.observe(
        [.init(id: echo, engines: [.local], health: http)],
        in: .test(now: now + TimeSpan(seconds: seconds)))
      #expect(try results[echo]?.get()?.containers[0].health == health)
    }
  }
}
