import ContainerFakes
import ContainerSupport
import Model
import Synchronization

/// What is outside of the program: things, a server and two engines, the same for every controller.
final class Systems: Sendable {
  let things = Things()
  let server = SimulatedServer()
  let engines = [FakeEngine(number: 1), FakeEngine(number: 2)]

  static let local = EngineAddress.unix(path: "/run/local.sock")
  static let second = EngineAddress.unix(path: "/run/second.sock")
}
