import DockerEngine
import FoundationEssentials
import HTTP
import Model
import Testing

/// What needs no engine.
struct ValueTests {
  struct AddressCase: Sendable, CustomTestStringConvertible {
    let text: String
    let address: EngineEndpoint.Address?
    let reason: String
    var testDescription: String { reason }
  }

  @Test(
    "Endpoints are parsed or rejected with a hint",
    arguments: [
      AddressCase(text: "unix:///run/d.sock", address: .unix("/run/d.sock"), reason: "the usual form"),
      AddressCase(
        text: "tcp://10.0.0.1:2375", address: .tcp(host: "10.0.0.1", port: 2375),
        reason: "an engine elsewhere"),
      AddressCase(text: "unix://run/d.sock", address: nil, reason: "a relative path depends on the folder"),
      AddressCase(
        text: "unix:///" + String(repeating: "a", count: 107), address: nil, reason: "sun_path is short"),
      AddressCase(text: "tcp://10.0.0.1", address: nil, reason: "there is no port to assume"),
      AddressCase(text: "tcp://:2375", address: nil, reason: "there is no host to assume"),
      AddressCase(text: "tcp://a:99999", address: nil, reason: "ports end at 65535"),
      AddressCase(text: "tcp://u@a:1", address: nil, reason: "the engine knows no users"),
      AddressCase(text: "ssh://a", address: nil, reason: "not supported"),
    ])
  func endpointsAreParsedOrRejectedWithAHint(_ example: AddressCase) throws {
    do {
      let endpoint = try EngineEndpoint(parsing: example.text)
      #expect(endpoint.address == example.address, "\(example.reason)")
      #expect(endpoint.description == example.text)
    } catch {
      #expect(example.address == nil, "\(example.reason)")
      #expect(error.code == .invalidRequest && error.description.contains("unix:///var/run/docker.sock"))
    }
  }

  @Test("DOCKER_HOST overrides the standard socket")
  func dockerHostOverridesTheStandardSocket() throws {
    #expect(try EngineEndpoint(environment: [:]).description == "unix:///var/run/docker.sock")
    #expect(try EngineEndpoint(environment: ["DOCKER_HOST": "tcp://h:1"]).description == "tcp://h:1")
  }

  @Test("The error of an unreachable engine says how to start it")
  func theErrorOfAnUnreachableEngineSaysHowToStart() async throws {
    let endpoint = EngineEndpoint(.unix("/nonexistent/docker.sock"))
    let engine = DockerEngine(endpoint: endpoint, client: HTTPClient())
    let error = try #require(await failure { _ = try await engine.listContainers() })
    #expect(error.code == .unreachable)
    #expect(
      error.description
        == "Docker at unix:///nonexistent/docker.sock is not reachable; start the engine or set DOCKER_HOST")
    #expect(error.backendError.code == "docker.unreachable" && error.backendError.retry == .later)
    #expect(await failure { _ = try await engine.events() }?.code == .unreachable)
    #expect(await failure { try await engine.remove("x") }?.code == .unreachable, "down is not gone")
  }

  @Test("Configurations round trip without secrets")
  func configurationsRoundTripWithoutSecrets() async throws {
    var configuration = ContainerConfiguration(image: "a")
    configuration.environment = [
      EnvironmentEntry("A", "1"), EnvironmentEntry("B", .reference(.environment("TOKEN"))),
    ]
    configuration.restart = .onFailure(maximum: 2)
    configuration.network = .named("n")
    configuration.health = HealthCheck(test: ["CMD", "true"])
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(ContainerConfiguration.self, from: data) == configuration)

    let resolved = await configuration.resolvingSecrets { _ async in Secret("geheim") }
    #expect(resolved.environment[1].value == .secret(Secret("geheim")))
    #expect(throws: EncodingError.self) { try JSONEncoder().encode(resolved) }
    #expect(!"\(resolved) \(String(reflecting: resolved))".contains("geheim"))
    var text = ""
    dump(resolved, to: &text)
    #expect(!text.contains("geheim"))
  }
}
