import Autoscaling
import ContainerSupport
import Glibc
import JobStore
import KindSupport
package import Model
import NodeRunner
import Postgres
import Reconciling
import SchedulerKind

/// The job work of a running controller: accepts orders, serves the nodes whose engines it reaches, and
/// starts scheduler replicas. Starts once a `Scheduler` is declared and its database exists, and follows it
/// to another database.
package struct JobControl: Sendable {
  /// The service of the current scheduler, for the API.
  private let jobs: LazyJobService
  private let health: JobHealth
  private let schedulers: SchedulerConnector
  private let lookup: SchedulerLookup
  private let foundations: Foundations
  private let store: any StateStore
  private let owner: String
  private let environment: String
  private let time: TimeSource
  private let reporter: any Reporter
  private let name = "\(Authorship.hostName)-\(getpid())"

  package init(
    _ state: StateSession, _ environment: String, jobs: LazyJobService = LazyJobService(),
    health: JobHealth = JobHealth()
  ) {
    self.jobs = jobs
    self.health = health
    schedulers = SchedulerConnector(state)
    lookup = schedulers.lookup(environment)
    foundations = state.foundations
    store = state.store
    owner = state.owner
    self.environment = environment
    time = state.time
    reporter = state.reporter
  }

  /// The variable with the URL of a scheduler's database.
  package static let databaseVariable = "RENDERTRUST_DATABASE_URL"
  private static let pollInterval = TimeSpan(milliseconds: 500)

  /// Runs until the task is cancelled.
  package func run() async {
    while !Task.isCancelled {
      if let location = try? await lookup.location(), let pool = try? await schedulers.pool(of: location),
        let marks = try? await marks()
      {
        await serve(location, pool, marks)
        jobs.open(nil)
        await health.end()
      }
      try? await time.sleep(JobControl.pollInterval)
    }
  }

  /// Serves until the scheduler moves. Returns at once while its tables do not exist.
  private func serve(_ location: SchedulerLocation, _ pool: PostgresPool, _ marks: Marks) async {
    let service = schedulers.jobService(pool)
    guard (try? await service.refresh()) != nil else { return }
    jobs.open(service)
    health.begin(location, pool)
    let lease = SupervisorLease()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await waitForMove(from: location) }
      group.addTask { await keepRunning { await service.run() } }
      group.addTask { await keepRunning { await runner(service, lease, marks).run() } }
      group.addTask { await keepRunning { await supervise(location, pool, lease, marks) } }
      await group.next()
      group.cancelAll()
    }
  }

  /// Returns when the newest revision declares another scheduler or another database.
  private func waitForMove(from location: SchedulerLocation) async {
    while (try? await time.sleep(JobControl.pollInterval)) != nil {
      do throws(StoreError) {
        let current = try await lookup.location()
        if current?.address != location.address || current?.scheduler != location.scheduler { return }
      } catch {
        // While the state does not answer, everything continues.
      }
    }
  }

  private static let restartPause = TimeSpan(seconds: 1)

  /// Runs a part of the job work until the task is cancelled. A part that ends by itself starts again.
  private func keepRunning(_ part: @Sendable () async -> Void) async {
    repeat { await part() } while (try? await time.sleep(JobControl.restartPause)) != nil
  }

  /// Serves nodes while this controller holds the supervisor lease: a node has one worker, and a second
  /// registration takes over its attempts.
  private func runner(
    _ service: PostgresJobService, _ lease: SupervisorLease, _ marks: Marks
  ) -> LocalRunner {
    LocalRunner(
      workerAPI: service, engines: foundations.workloads.engines, http: foundations.http,
      marks: marks, time: time,
      nodes: { [time] in lease.isHeld(at: time.uptime()) ? lookup.lastFound?.nodes ?? [:] : [:] },
      modules: { lookup.lastFound?.modules ?? [:] },
      onEvent: { report($0) })
  }

  private func report(_ event: LocalRunner.Event) {
    guard case .offline(let node, let reason) = event else { return }
    reporter.warn("Node/\(node) takes no work: \(reason)")
  }

  /// The marks of the environment's containers.
  private func marks() async throws(StoreError) -> Marks {
    let ownership = try await store.ownership()
    return Marks(
      controller: owner, environment: ownership.mark(of: environment),
      unlabelled: ownership.holdings.unmarked(in: environment))
  }

  private func supervise(
    _ location: SchedulerLocation, _ pool: PostgresPool, _ lease: SupervisorLease, _ marks: Marks
  ) async {
    let url: Secret
    do {
      url = try await foundations.connectionURL(of: location.address)
    } catch {
      reporter.warn("schedulers cannot be started: \(error)")
      return
    }
    let source = PostgresReplicaSource(pool, supervisor: name)
    let supervisor = ReplicaSupervisor(
      name: name,
      source: LeasedReplicaSource(source, lease, time),
      spawner: ReplicaProcess(
        command: [JobControl.program, "scheduler"], environment: [JobControl.databaseVariable: url]
      ) { [reporter] name, line in reporter.warn("scheduler \(name): \(line)") },
      scaler: ReplicaContainers(foundations.workloads, marks),
      time: time, log: { [reporter] in reporter.remark($0) })
    health.supervise(supervisor)
    await supervisor.run(ticks: ReplicaSupervisor.ticks(every: ReplicaSupervisor.interval, time))
  }

  /// The executable file of this process.
  private static var program: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return CommandLine.arguments[0] }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension Foundations {
  /// The URL of a database for another process of this machine.
  package func connectionURL(of address: DatabaseAddress) async throws -> Secret {
    switch address {
    case .external(let reference): return try await secrets.resolve(reference)
    case .embedded(let database):
      try await server.start()
      let folder = await server.socketFolder ?? ""
      let host = folder.utf8.map { byte -> String in
        let digits = String(byte, radix: 16, uppercase: true)
        return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
      }.joined()
      return Secret("postgresql://postgres@\(host)/\(database)?sslmode=disable&gssencmode=disable")
    }
  }
}
