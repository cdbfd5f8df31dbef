/// What the rooms that run containers are given, made once for a controller.
package struct WorkloadSupport: Sendable {
  package let engines: EnginePool
  package let observer: ContainerObserver
  package let runner: ContainerRunner

  /// - Parameters:
  ///   - probe: asks containers over HTTP.
  ///   - secrets: finds the values of secret variables when a container is made.
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
