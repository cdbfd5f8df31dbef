import Autoscaling
import ContainerSupport
import Glibc
package import JobStore
import KindSupport
package import Model
import NodeRunner
package import Postgres
import Reconciling
import SchedulerKind

/// What a controller does for jobs while it runs: takes orders, serves the nodes whose engines it reaches, and starts
/// schedulers. It begins once a `Scheduler` is declared and its database is there, and follows it to another one.
package struct JobControl: Sendable {
  package let session: Session
  /// Where others come with orders and reports meanwhile.
  package let desk: LazyJobService
  private let lookup: SchedulerLookup
  private let name = "\(Authorship.hostName)-\(getpid())"

  package init(_ session: Session, _ environment: String, desk: LazyJobService = LazyJobService()) {
    self.session = session
    self.desk = desk
    lookup = SchedulerLookup(session, environment)
  }

  /// Holds the URL of a scheduler's database.
  package static let databaseVariable = "RENDERTRUST_DATABASE_URL"
  private static let pause = TimeSpan(milliseconds: 500)

  /// Until it is cancelled.
  package func run() async {
    while !Task.isCancelled {
      if let place = try? await lookup.place(), let pool = await pool(of: place) {
        await serve(place, pool)
        desk.open(nil)
      }
      try? await session.engine.time.sleep(JobControl.pause)
    }
  }

  /// Nil until the tables are there.
  private func pool(of place: SchedulerLocation) async -> PostgresPool? {
    guard let pool = try? await session.foundations.connector.pool(for: place.address),
      (try? await pool.query("SELECT 1 FROM schedulers LIMIT 1")) != nil
    else { return nil }
    return pool
  }

  /// Until the scheduler is elsewhere.
  private func serve(_ place: SchedulerLocation, _ pool: PostgresPool) async {
    let service = session.jobService(pool)
    guard (try? await service.refresh()) != nil else { return }
    desk.open(service)
    let seat = SupervisorLease()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await untilElsewhere(than: place) }
      group.addTask {
        await service.run()
        await JobControl.forever()
      }
      group.addTask {
        await runner(service, seat).run()
        await JobControl.forever()
      }
      group.addTask {
        await supervise(place, pool, seat)
        await JobControl.forever()
      }
      await group.next()
      group.cancelAll()
    }
  }

  private func untilElsewhere(than place: SchedulerLocation) async {
    while (try? await session.engine.time.sleep(JobControl.pause)) != nil {
      do throws(StoreError) {
        let now = try await lookup.place()
        if now?.address != place.address || now?.scheduler != place.scheduler { return }
      } catch {
        // Where the state does not answer, what runs goes on.
      }
    }
  }

  /// What ended although nobody asked is not begun again before the others end too.
  private static func forever() async {
    while (try? await Task.sleep(for: .seconds(3600))) != nil {}
  }

  /// Of several controllers one serves the nodes: a node has one worker, and the second to register takes away what the first
  /// had begun.
  private func runner(_ service: PostgresJobService, _ seat: SupervisorLease) -> LocalRunner {
    LocalRunner(
      workerAPI: service, engines: session.foundations.workloads.engines, http: session.foundations.http,
      owner: session.owner, time: session.engine.time,
      nodes: { [time = session.engine.time] in
        seat.isTaken(at: time.uptime()) ? lookup.lastFound?.nodes ?? [] : []
      },
      modules: { lookup.lastFound?.modules ?? [] },
      onEvent: { report($0) })
  }

  private func report(_ event: LocalRunner.Event) {
    guard case .offline(let node, let reason) = event else { return }
    session.progress.warn("Node/\(node) takes no work: \(reason)")
  }

  private func supervise(_ place: SchedulerLocation, _ pool: PostgresPool, _ seat: SupervisorLease) async {
    let url: Secret
    do {
      url = try await session.foundations.connectionURL(of: place.address)
    } catch {
      session.progress.warn("schedulers cannot be started: \(error)")
      return
    }
    let progress = session.progress
    let table = PostgresReplicaSource(pool, supervisor: name) { ReplicaSettings(recorded: $0) }
    let supervisor = ReplicaSupervisor(
      name: name,
      source: LeasedReplicaSource(table, seat, session.engine.time),
      spawner: ReplicaProcess(
        command: [JobControl.program, "scheduler"], environment: [JobControl.databaseVariable: url]
      ) { name, line in progress.warn("scheduler \(name): \(line)") },
      scaler: ReplicaContainers(session.foundations.workloads, owner: session.owner),
      time: session.engine.time, log: { progress.remark($0) })
    await supervisor.run(
      ticks: ReplicaSupervisor.ticks(every: ReplicaSupervisor.interval, session.engine.time))
  }

  /// The file that this process runs, whatever it was called as.
  private static var program: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return CommandLine.arguments[0] }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension Session {
  package func jobService(_ pool: PostgresPool) -> PostgresJobService {
    PostgresJobService(pool, now: engine.time.now, random: { .random(in: .min ... .max) })
  }
}

extension Foundations {
  /// For another process of this machine.
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
