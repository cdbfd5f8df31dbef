package import Model

/// What the kinds that run containers share within one controller.
package struct ContainerToolkit: Sendable {
  package let engines: EnginePool
  package let observer: ContainerObserver
  package let runner: ContainerRunner
  /// Nil: no scheduler gives work to containers.
  let work: (any WorkDirectory)?
  let drainer: WorkDrainer?

  /// - Parameters:
  ///   - probe: sends HTTP health checks.
  ///   - secrets: resolves secret variables when a container is created.
  ///   - work: what the containers of modules work on; nil: nothing.
  ///   - clock: measures how long a container may take to become healthy, and jobs to end.
  package init(
    engines: EnginePool, probe: @escaping HTTPProbe, secrets: @escaping SecretLookup,
    work: (any WorkDirectory)? = nil, clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.work = work
    drainer = work.map { WorkDrainer($0, clock: clock) }
    self.engines = engines
    let probe = HealthProbe(get: probe)
    observer = ContainerObserver(engines: engines, probe: probe)
    runner = ContainerRunner(engines: engines, probe: probe, secrets: secrets, clock: clock)
  }
}
