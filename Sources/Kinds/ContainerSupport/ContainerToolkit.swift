/// What the kinds that run containers share within one controller.
package struct ContainerToolkit: Sendable {
  package let engines: EnginePool
  package let observer: ContainerObserver
  package let runner: ContainerRunner

  /// - Parameters:
  ///   - probe: sends HTTP health checks.
  ///   - secrets: resolves secret variables when a container is created.
  ///   - clock: measures how long a container may take to become healthy.
  package init(
    engines: EnginePool, probe: @escaping HTTPProbe, secrets: @escaping SecretLookup,
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.engines = engines
    let probe = HealthProbe(get: probe)
    observer = ContainerObserver(engines: engines, probe: probe)
    runner = ContainerRunner(engines: engines, probe: probe, secrets: secrets, clock: clock)
  }
}
