internal import Model

/// One pass of the loop over a part of the resources.
struct ControllerPass: Sendable {
  let engine: Engine
  let scope: Set<ResourceID>
  let desired: DesiredState
  let revision: Int64
  let leaving: Set<ResourceID>
  let allowances: Allowances
  let control: PassControl
  let settled: Engine.SettledHandler

  /// Ends early when a newer revision leaves it nothing to do.
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
      ) { turn in await perform(turn) }
      return nil
    } catch {
      return error
    }
  }

  private func perform(_ turn: Engine.Preparation) async -> StoreError? {
    guard !control.isAbandoned else { return nil }
    do throws(StoreError) {
      _ = try await engine.perform(turn, allowances: allowances, control: control, settled: settled)
      return nil
    } catch {
      return error
    }
  }
}
