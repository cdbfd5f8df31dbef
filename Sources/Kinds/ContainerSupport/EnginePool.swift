package import Model
internal import Synchronization

/// The engines by their address, each made once. Remembers every address it was asked for, so that containers on an
/// engine whose node left the manifests are still found.
package final class EnginePool: Sendable {
  private let local: EngineAddress
  private let make: @Sendable (EngineAddress) throws(BackendError) -> any ContainerEngine
  private let engines = Mutex<[EngineAddress: any ContainerEngine]>([:])

  /// - Parameters:
  ///   - local: what `EngineAddress.local` stands for.
  ///   - make: connects to an address that is never `.local`; called once for each.
  package init(
    local: EngineAddress,
    make: @escaping @Sendable (EngineAddress) throws(BackendError) -> any ContainerEngine
  ) {
    self.local = local
    self.make = make
  }

  /// The address under which an engine is known here: a node that spells out the local engine's socket means the
  /// same engine as one that says `local`.
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

  /// Every address that was asked for so far, sorted.
  package var known: [EngineAddress] {
    engines.withLock { Array($0.keys) }.sorted { $0.description < $1.description }
  }
}
