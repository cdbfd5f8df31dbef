import DockerEngine
import DockerSupport
import Glibc
import HTTP
import Model
import Testing

@Suite(
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct EngineTests {
  @Test("The engine reports its version and machine")
  func theEngineReportsItsVersionAndMachine() async throws {
    let bed = try await DockerTestBed.shared()
    try await bed.engine.ping()
    #expect(try await bed.engine.version().operatingSystem == "linux")
    let info = try await bed.engine.info()
    #expect(info.cores > 0 && info.memory > 0 && info.hasSeccomp)
  }

  @Test("An image is pulled by digest, and only when it is missing")
  func anImageIsPulledByDigestAndOnly() async throws {
    let bed = try await DockerTestBed.shared()
    let reference = try #require(bed.images["voiceImage"])
    try await bed.engine.pullImage(reference)
    try await bed.engine.pullImage(reference)
    let image = try #require(try await bed.engine.imageInspect(reference))
    #expect(image.digests.contains { $0 == ImageReference(reference)?.pinned })
    #expect(image.operatingSystem == "linux" && image.size > 0)

    let absent = "\(bed.registry)/rendertrust/voice@sha256:" + String(repeating: "0", count: 64)
    #expect(try await bed.engine.imageInspect(absent) == nil)
    let error = await failure { try await bed.engine.pullImage(absent) }
    #expect(error?.code == .imageMissing)
    #expect(error?.description.contains(absent) == true)
    #expect(error?.retry == .afterChange)
    let dead = "127.0.0.1:\(try Loopback.freePort())/a/b:1"
    #expect(await failure { try await bed.engine.pullImage(dead) }?.code == .registryUnreachable)
    #expect(await failure { try await bed.engine.pullImage("a@sha256:12") }?.code == .invalidRequest)
  }

  @Test("Events report the life of labelled containers")
  func eventsReportTheLifeOfLabelledContainers() async throws {
    let bed = try await DockerTestBed.shared()
    let image = try await bed.pulled("echoImage")
    try await bed.withScope { scope in
      let events = try await bed.engine.events(labels: scope.labels)
      let id = try await bed.engine.createContainer(
        name: scope.name("a"), scope.configuration(image: image))
      try await bed.engine.start(id)
      try await bed.engine.remove(id, force: true)
      var seen: [String] = []
      var first: Timestamp?
      for try await event in events {
        #expect(event.kind == .container && event.containerID == id && event.name == scope.name("a"))
        first = first ?? event.time
        seen.append(event.action)
        if event.action == "destroy" { break }
      }
      #expect(
        seen.filter { ["create", "start", "die", "destroy"].contains($0) } == [
          "create", "start", "die", "destroy",
        ])

      var again: [String] = []
      for try await event in try await bed.engine.events(labels: scope.labels, since: first) {
        again.append(event.action)
        if event.action == "destroy" { break }
      }
      // The engine keeps the last 256 events of all its containers, those of other tests among them.
      #expect(
        again.count > 1 && seen.suffix(again.count).elementsEqual(again),
        "missed events can be read later: \(again)")
    }
  }

  /// More than is kept for a reader, so that the sender is paused, and fewer than the engine itself keeps.
  @Test("A reader that falls behind misses no event")
  func aReaderThatFallsBehindMissesNoEvent() async throws {
    let bed = try await DockerTestBed.shared()
    let image = try await bed.pulled("echoImage")
    try await bed.withScope { scope in
      var configuration = scope.configuration(image: image)
      configuration.labels["padding"] = String(repeating: "x", count: 4096)
      let id = try await bed.engine.createContainer(name: scope.name("a"), configuration)
      let events = try await bed.engine.events(labels: scope.labels)
      for round in 0..<300 {
        try await bed.engine.update(id, resources: ContainerResources(pids: Int64(100 + round % 2)))
      }
      var iterator = events.makeAsyncIterator()
      for _ in 0..<300 { #expect(try await iterator.next()?.action == "update") }
      try await bed.engine.remove(id, force: true)
      #expect(try await iterator.next()?.action == "destroy")
    }
  }

  @Test("The error of a conflict says what to do")
  func theErrorOfAConflictSaysWhatToDo() async throws {
    let bed = try await DockerTestBed.shared()
    let image = try await bed.pulled("echoImage")
    let (socket, port) = try Loopback.occupyPort()
    defer { close(socket) }
    try await bed.withScope { scope in
      var configuration = scope.configuration(image: image)
      configuration.ports = [PublishedPort(hostPort: port, containerPort: 8080)]
      let id = try await bed.engine.createContainer(name: scope.name("a"), configuration)
      let taken = await failure { try await bed.engine.start(id) }
      #expect(taken?.code == .portTaken)
      #expect(taken?.backendError.code == "docker.portTaken")
      #expect(taken?.description.contains("\(port)") == true)

      let named = await failure {
        _ = try await bed.engine.createContainer(name: scope.name("a"), scope.configuration(image: image))
      }
      #expect(named?.code == .nameTaken)
      let missing = await failure {
        _ = try await bed.engine.createContainer(
          name: scope.name("b"), scope.configuration(image: "absent/image:1"))
      }
      #expect(missing?.code == .imageMissing)
      let absent = await failure { try await bed.engine.start("absent") }
      #expect(absent?.code == .notFound)

      try await bed.engine.createVolume(scope.name("v"), labels: scope.labels)
      configuration.volumes = [VolumeMount(scope.name("v"), at: "/data")]
      configuration.ports = []
      let user = try await bed.engine.createContainer(name: scope.name("c"), configuration)
      #expect(await failure { try await bed.engine.removeVolume(scope.name("v")) }?.code == .conflict)
      try await bed.engine.remove(user)
    }
  }

  @Test("Secrets stay out of errors") func secretsStayOutOfErrors() async throws {
    let bed = try await DockerTestBed.shared()
    try await bed.withScope { scope in
      var configuration = scope.configuration(image: "absent/geheim:1")
      configuration.environment = [EnvironmentEntry("KEY", .secret(Secret("geheim")))]
      let error = await failure {
        _ = try await bed.engine.createContainer(name: scope.name("a"), configuration)
      }
      #expect(error?.code == .imageMissing)
      #expect(error.map { "\($0) \($0.debugDescription)" }?.contains("absent/geheim") == false)

      configuration.environment = [EnvironmentEntry("KEY", .reference(.environment("TOKEN")))]
      let open = await failure {
        _ = try await bed.engine.createContainer(name: scope.name("a"), configuration)
      }
      #expect(open?.code == .invalidRequest)
    }
  }
}

/// The error that the work throws, nil if it throws none or another one.
func failure(_ work: () async throws -> Void) async -> DockerError? {
  do {
    try await work()
    return nil
  } catch {
    return error as? DockerError
  }
}
