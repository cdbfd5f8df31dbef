/// Transforms the inputs concurrently, at most `limit` at the same time.
/// - Returns: the results in the order of the inputs.
@inlinable package func mapConcurrently<Input: Sendable, Output: Sendable>(
  _ inputs: [Input], limit: Int, _ transform: @escaping @Sendable (Input) async -> Output
) async -> [Output] {
  await withTaskGroup(of: (Int, Output).self) { group in
    var outputs = [Output?](repeating: nil, count: inputs.count)
    for (index, input) in inputs.enumerated() {
      if index >= limit, let (done, output) = await group.next() { outputs[done] = output }
      group.addTask { (index, await transform(input)) }
    }
    for await (done, output) in group { outputs[done] = output }
    return outputs.compactMap { $0 }
  }
}

extension Result {
  /// The result of an asynchronous call: what it returns, or the error that it throws.
  @inlinable package init(catching body: () async throws(Failure) -> Success) async {
    do throws(Failure) {
      self = .success(try await body())
    } catch {
      self = .failure(error)
    }
  }
}
