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
      try await fakes.support.runner.run(operation, .test)
      return nil
    } catch {
      return error
    }
  }

  @Test("A repeated create has one container")
  func createTwice() async throws {
    try await fakes.support.runner.run(.create(plan), .test)
    try await fakes.support.runner.run(.create(plan), .test)
    #expect(fakes.local.running == [plan.containerName(.test)])
  }

  @Test("An unmanaged container with the same name is never reused")
  func foreignName() async throws {
    let name = plan.containerName(.test)
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
    let request = try #require(fakes.local.request(for: secretive.containerName(.test)))
    #expect(request.environment["PASSWORD"]?.reveal() == "hunter2-hunter2")
  }

  @Test("A missing secret prevents the creation")
  func missingSecret() async throws {
    let secretive = ContainerPlan.sample("echo", environment: ["A": .secret(.environment("NOWHERE"))])
    let error = try #require(await error(of: .create(secretive)))
    #expect(error.code == "secret.missing")
    #expect(fakes.local.changes.isEmpty)
  }

  @Test("A container is connected to its network again and leaves every other one")
  func connect() async throws {
    try await fakes.support.runner.run(.create(plan), .test)
    let made = fakes.local.observations[0]
    fakes.local.changeOutOfBand(made.name) { $0.shape?.shape.networks = ["backend"] }
    for _ in 0..<2 {
      try await fakes.support.runner.run(.connect(made.handle, plan), .test)
      #expect(fakes.local.observations[0].shape?.shape.networks == ["bridge"])
    }
    #expect(fakes.local.changes.filter { $0.contains("connect") }.count == 2)
    #expect(!fakes.local.changes.contains("stop \(made.name)"), "its ports are published")
  }

  @Test("A container is started again where connecting does not publish its ports")
  func publish() async throws {
    let web = ContainerPlan(
      resource: ResourceID(kind: "Service", name: "web"), engine: .local,
      template: ContainerTemplate(
        image: .sample("web"),
        ports: [PortBinding(hostAddress: .loopback4, hostPort: 9150, containerPort: 8080)]),
      limits: plan.limits, health: .running)
    try await fakes.support.runner.run(.create(web), .test)
    let made = fakes.local.observations[0]
    fakes.local.changeOutOfBand(made.name) { $0.shape?.shape.ports = [] }
    try await fakes.support.runner.run(.connect(made.handle, web), .test)
    #expect(fakes.local.changes.contains("stop \(made.name)"))
    #expect(fakes.local.running == [made.name])
  }

  @Test("A container that the engine creates otherwise than requested is removed; the old one stays")
  func otherwiseCreated() async throws {
    try await fakes.support.runner.run(.create(plan), .test)
    let old = fakes.local.observations[0]
    fakes.local.setCreation { $0.deviations["CgroupParent"] = "/other" }
    let new = ContainerPlan.sample("echo", image: .sample("new"))
    for operation in [
      ContainerOperation.replaceBefore(new, old: old.handle), .replaceAfter(new, old: old.handle),
    ] {
      let error = try #require(await error(of: operation))
      #expect(error.code == "container.differs" && error.message.contains("CgroupParent"), "\(error)")
      #expect(fakes.local.running == [old.name] && fakes.local.names == [old.name])
    }
  }

  @Test("Removing an absent container succeeds")
  func removeTwice() async throws {
    try await fakes.support.runner.run(.create(plan), .test)
    let handle = fakes.local.observations[0].handle
    try await fakes.support.runner.run(.remove(handle), .test)
    try await fakes.support.runner.run(.remove(handle), .test)
    #expect(fakes.local.names.isEmpty)
  }

  @Test("A failing new container is removed and the old one keeps running", arguments: [true, false])
  func failedReplacement(newFirst: Bool) async throws {
    try await fakes.support.runner.run(.create(plan), .test)
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

  @Test("A replacement that is cancelled while nothing serves starts the old container again")
  func cancelledReplacement() async throws {
    try await fakes.support.runner.run(.create(plan), .test)
    let old = fakes.local.observations[0]
    let bad = ContainerPlan.sample(
      "echo", image: .sample("bad"),
      health: .http(port: 80, path: "/health", within: TimeSpan(seconds: 1_000_000)))
    fakes.local.makeUnhealthy(.sample("bad"))
    let failure = await withTaskGroup(of: BackendError?.self) { group in
      group.addTask { await error(of: .replaceBefore(bad, old: old.handle)) }
      while !fakes.local.changes.contains("stop \(old.name)") { await Task.yield() }
      group.cancelAll()
      return await group.next() ?? nil
    }
    #expect(failure?.message.contains("the old container \(old.name) was started again") == true)
    #expect(fakes.local.running == [old.name])
    #expect(fakes.local.names == [old.name])
  }

  @Test("A replacement that fails by a call that may still take effect says so", arguments: [true, false])
  func uncertainReplacement(newFirst: Bool) async throws {
    try await fakes.support.runner.run(.create(plan), .test)
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
    try await fakes.support.runner.run(.create(.sample("echo")), .test)
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
    try await fakes.support.runner.run(
      .create(.sample("echo")), Marks(controller: "another", environment: "dev"))
    let results = await fakes.support.observer.observe([query([.local])], in: .test())
    #expect(try results[echo]?.get() == nil)
  }

  @Test("An engine that no node names any more is still observed")
  func remembered() async throws {
    let engine = try fakes.support.engines.engine(at: FakeEngines.secondAddress)
    #expect(try await engine.containersByNode(.test).isEmpty)
    let plan = ContainerPlan(
      resource: echo, engine: FakeEngines.secondAddress, template: ContainerTemplate(image: .sample("echo")),
      limits: ContainerLimits(memory: nil, cores: nil, pids: nil), health: .running)
    try await fakes.support.runner.run(.create(plan), .test)
    let results = await fakes.support.observer.observe([query([.local])], in: .test())
    #expect(try results[echo]?.get()?.containers.map(\.engine) == [FakeEngines.secondAddress])
  }

  @Test("The local engine and its socket are the same engine")
  func canonical() async throws {
    try await fakes.support.runner.run(.create(.sample("echo")), .test)
    let results = await fakes.support.observer.observe(
      [query([.local, .unix(path: "/run/local.sock")])], in: .test())
    #expect(try results[echo]?.get()?.containers.map(\.engine) == [.local])
  }

  @Test("A container that fails its check is starting until its time is over, then failing")
  func young() async throws {
    let http = HealthRule.http(port: 80, path: "/h", within: TimeSpan(seconds: 10))
    try await fakes.support.runner.run(.create(.sample("echo", health: http)), .test)
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
