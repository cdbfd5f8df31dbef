internal import Model

/// One pass of the loop over a scope.
struct ControllerPass: Sendable {
  let engine: Engine
  let scope: Set<ResourceID>
  let desired: DesiredState
  let revision: Int64
  let leaving: Set<ResourceID>
  let allowances: Allowances
  let control: PassControl
  let settled: Engine.SettledHandler

  /// Returns early when the pass is abandoned.
  func run() async -> StoreError? {
    await withTaskGroup(of: StoreError??.self) { group in
      group.addTask { .some(await work()) }
      group.addTask {
        await control.abandonment()
        return nil
      }
      for await end in group {
        group.cancelAll()
        if let end { return control.isAbandoned ? nil : end }
      }
      return nil
    }
  }

  private func work() async -> StoreError? {
    do throws(StoreError) {
      try await engine.prepareInBatches(
        desired, revision: revision, scope: scope, leaving: leaving, allowances: allowances
      ) { batch in await perform(batch) }
      return nil
    } catch {
      return error
    }
  }

  private func perform(_ batch: Engine.Preparation) async -> StoreError? {
    guard !control.isAbandoned else { return nil }
    do throws(StoreError) {
      _ = try await engine.perform(batch, allowances: allowances, control: control, settled: settled)
      return nil
    } catch {
      return error
    }
  }
}
