package import Model
internal import Synchronization

/// Engines by address, each connected once. The pool remembers every requested address, so that containers on
/// the engine of a node that left the manifests are still found.
package final class EnginePool: Sendable {
  private let local: EngineAddress
  private let make: @Sendable (EngineAddress) throws(BackendError) -> any ContainerEngine
  private let engines = Mutex<[EngineAddress: any ContainerEngine]>([:])

  /// - Parameters:
  ///   - local: the address that `EngineAddress.local` stands for.
  ///   - make: connects to an address that is never `.local`; called once per address.
  package init(
    local: EngineAddress,
    make: @escaping @Sendable (EngineAddress) throws(BackendError) -> any ContainerEngine
  ) {
    self.local = local
    self.make = make
  }

  /// The address under which the pool keeps an engine: a node that names the socket of the local engine
  /// refers to the same engine as a node that says `local`.
  package func canonical(_ address: EngineAddress) -> EngineAddress { address == local ? .local : address }

  package func engine(at address: EngineAddress) throws(BackendError) -> any ContainerEngine {
    let address = canonical(address)
    if let engine = engines.withLock({ $0[address] }) { return engine }
    let engine = try make(address == .local ? local : address)
    return engines.withLock { engines in
      if let earlier = engines[address] { return earlier }
      engines[address] = engine
      return engine
    }
  }

  /// Every address that was requested so far, sorted.
  package var known: [EngineAddress] {
    engines.withLock { Array($0.keys) }.sorted()
  }
}
