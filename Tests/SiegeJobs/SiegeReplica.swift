/// A scheduler process for tests that kill it:
///
///     siege-scheduler SOCKET-FOLDER DATABASE
///
/// It dispatches jobs, ends overdue jobs and settles usage until its parent process exits.
import Glibc
import JobStore
import Model
import Postgres

@main
enum SiegeReplica {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count == 2 else {
      print("usage: siege-scheduler SOCKET-FOLDER DATABASE")
      exit(2)
    }
    let parent = getppid()
    let pool = PostgresPool(
      PostgresConfiguration(socketFolder: arguments[0], database: arguments[1]), connections: 6)
    let service = PostgresJobService(pool, now: { now() }, random: { .random(in: .min ... .max) })
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await SchedulerLoop(service).run()
      }
      while getppid() == parent { try? await Task.sleep(for: .milliseconds(200)) }
      exit(0)
    }
  }

  private static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }
}
