import Gateway
import Model

/// A server that runs beside other work.
struct ListeningServer: Sendable {
  typealias Run =
    @Sendable (
      _ listening: @escaping @Sendable (ListenAddress) -> Void, _ stop: @escaping @Sendable () async -> Void
    ) async throws(GatewayError) -> Void

  private let run: Run

  init(_ run: @escaping Run) { self.run = run }

  /// Runs `work` while the server listens, and stops the server afterwards.
  /// - Parameter work: receives the address of the server. Does not run if the server cannot listen.
  func serve(
    during work: @escaping @Sendable (ListenAddress) async -> Result<Void, OperationError>
  ) async -> Result<Void, OperationError> {
    let (ended, end) = AsyncStream<Never>.makeStream()
    let (addresses, address) = AsyncStream<ListenAddress>.makeStream()
    return await withTaskGroup(of: Result<Void, OperationError>?.self) { group in
      group.addTask { [run] in
        defer { address.finish() }
        do throws(GatewayError) {
          try await run({ address.yield($0) }, { for await _ in ended {} })
          return nil
        } catch {
          return .failure(.failed(error.description))
        }
      }
      group.addTask {
        guard let address = await addresses.first(where: { _ in true }) else { return nil }
        defer { end.finish() }
        return await work(address)
      }
      var result: Result<Void, OperationError> = .success(())
      for await part in group {
        if case .failure? = part { result = part ?? result }
      }
      return result
    }
  }
}
