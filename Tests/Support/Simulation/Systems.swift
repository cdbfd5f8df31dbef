import ContainerFakes
import ContainerSupport
import Model
import Synchronization

/// The systems outside of the program, which all controllers share: fake resources, a server and two engines.
final class Systems: Sendable {
  let fakes = FakeResources()
  let server = SimulatedServer()
  let engines = [FakeEngine(number: 1), FakeEngine(number: 2)]

  static let local = EngineAddress.unix(path: "/run/local.sock")
  static let second = EngineAddress.unix(path: "/run/second.sock")
}
