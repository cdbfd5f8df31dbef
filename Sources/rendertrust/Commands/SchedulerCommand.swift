import ArgumentParser
import Autoscaling
import ControlPlane
import Glibc
import JobStore
import Logging
import Model
import Postgres
import Reconciling

/// A scheduler replica, started by a server, a container runtime or Kubernetes.
struct SchedulerCommand: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "scheduler",
    abstract: "Run a scheduler replica.",
    discussion: """
      Dispatches pending jobs, ends overdue attempts and settles credits. Any number of replicas may share a \
      database. A server starts its own replicas; use this command in containers and pods. \
      RENDERTRUST_DATABASE_URL is the database of the jobs, RENDERTRUST_REPLICA the name of the replica. \
      SIGTERM stops it.
      """)

  private static let nameVariable = "RENDERTRUST_REPLICA"

  func run() async throws {
    guard let url = Environment[JobControl.databaseVariable] else {
      throw CommandFailure.usage(
        "\(JobControl.databaseVariable) must be set to the database of the jobs")
    }
    let configuration: PostgresConfiguration
    do throws(PostgresError) {
      configuration = try PostgresConfiguration(url: Secret(url))
    } catch {
      throw CommandFailure.usage("\(JobControl.databaseVariable): \(error)")
    }
    let pool = PostgresPool(configuration, connections: 8)
    let time = TimeSource.real
    let name = Environment[SchedulerCommand.nameVariable] ?? "\(Authorship.hostName)-\(getpid())"
    let isChild = ParentDeathWatch.isEnabled
    let logger = Logger(label: "scheduler") { _ in
      // A server that started this replica forwards its log: warnings and errors only.
      ServerLogHandler(
        logLevel: isChild ? .warning : .info, format: isChild ? .text : .json, time: time,
        write: { _ = Output.log($0) })
    }
    let service = PostgresJobService(pool, now: time.now, random: { .random(in: .min ... .max) })
    let heartbeat = ReplicaHeartbeat(pool, name: name, host: Authorship.hostName, process: Int64(getpid()))
    logger.info("scheduling", metadata: ["name": .string(name), "version": .string(Version.text)])
    let events = LogDeduplicator()
    let loop = SchedulerLoop(service) { event in events.log(event, to: logger) }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await StopSignals.first() }
      if isChild { group.addTask { await ParentDeathWatch.waitForParentExit(time) } }
      group.addTask { await loop.run() }
      group.addTask { await heartbeat.run(time) }
      await group.next()
      group.cancelAll()
    }
    await pool.close()
    logger.info("stopped")
  }
}
