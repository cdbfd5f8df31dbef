import ArgumentParser
import Autoscaling
import ControlPlane
import Glibc
import JobStore
import Logging
import Model
import Postgres
import Reconciling

/// One scheduler, as servers, containers and pods run it.
struct SchedulerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scheduler",
    abstract: "Run one scheduler until it is told to end.",
    discussion: """
      Gives places to jobs that wait, ends what is overdue and has the ledger pay. Any number may run on one database. \
      A server starts its own; this is for containers and pods. RENDERTRUST_DATABASE_URL says where the jobs are, \
      RENDERTRUST_REPLICA what it is called.
      """)

  private static let nameVariable = "RENDERTRUST_REPLICA"

  func run() async throws {
    guard let url = Environment[JobControl.databaseVariable] else {
      throw CommandFailure.usage("\(JobControl.databaseVariable) must say where the jobs are")
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
    let isTied = ParentDeathWatch.isTied
    let logger = Logger(label: "scheduler") { _ in
      // Whoever started it tells its log what is not as it should be.
      ServerLogHandler(
        logLevel: isTied ? .warning : .info, format: isTied ? .text : .json, time: time, write: Output.print)
    }
    let service = PostgresJobService(pool, now: time.now, random: { .random(in: .min ... .max) })
    let pulse = ReplicaHeartbeat(pool, name: name, host: Authorship.hostName, process: Int64(getpid()))
    logger.info("scheduling", metadata: ["name": .string(name), "version": .string(Version.text)])
    let silence = LogDeduplicator()
    let loop = SchedulerLoop(service) { news in silence.tell(news, to: logger) }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await StopSignals.first() }
      group.addTask { if isTied { await ParentDeathWatch.broken(time) } else { await StopSignals.first() } }
      group.addTask { await loop.run() }
      group.addTask { await pulse.run(time) }
      await group.next()
      group.cancelAll()
    }
    await pool.close()
    logger.info("stopped")
  }
}
