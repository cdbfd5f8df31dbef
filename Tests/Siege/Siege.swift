/// Requests more holds from a ledger than its accounts can pay, over many connections at once:
///
///     siege-ledger SOCKET-FOLDER DATABASE HOLDS CONNECTIONS
///
/// Hold number n is always the same call, so a run that was killed can be repeated. A batch that fails is
/// retried. Ends when every call has its outcome, and prints how many were accepted.
import Glibc
import Ledger
import Model
import Postgres
import Synchronization

@main
enum Siege {
  static let accounts = 100
  static let price = Credits(micro: 7)
  private static let size = 16

  private final class Progress: Sendable {
    let next = Atomic(0)
    let accepted = Atomic(0)
    let retries = Atomic(0)
  }

  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count == 4, let holds = Int(arguments[2]), let connections = Int(arguments[3]) else {
      print("usage: siege-ledger SOCKET-FOLDER DATABASE HOLDS CONNECTIONS")
      exit(2)
    }
    let pool = PostgresPool(
      PostgresConfiguration(socketFolder: arguments[0], database: arguments[1]), connections: connections)
    let (ledger, progress) = (LedgerStore(pool), Progress())
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<connections {
        group.addTask {
          while true {
            let batch = progress.next.add(1, ordering: .relaxed).oldValue
            guard batch * size < holds else { return }
            let numbers = batch * size..<min((batch + 1) * size, holds)
            await run(numbers.map(call), ledger, progress)
          }
        }
      }
    }
    await pool.close()
    print(
      "\(holds) holds, \(progress.accepted.load(ordering: .relaxed)) accepted, "
        + "\(progress.retries.load(ordering: .relaxed)) batches retried")
  }

  /// The call of a number. Calls are spread over the accounts, in a different order in each batch.
  private static func call(_ number: Int) -> LedgerCall {
    let account = (number * 37 + number / accounts * (1 + number / size % 3)) % accounts
    return LedgerCall(
      .hold(price, job: "job-\(number)", lifetime: TimeSpan(seconds: 86_400)), on: "creator-\(account)",
      key: "\(number)")
  }

  private static func run(_ calls: [LedgerCall], _ ledger: LedgerStore, _ progress: Progress) async {
    while true {
      if let results = try? await ledger.execute(calls) {
        let accepted = results.count { if case .success = $0 { true } else { false } }
        progress.accepted.add(accepted, ordering: .relaxed)
        return
      }
      progress.retries.add(1, ordering: .relaxed)
      // Leaves a restarting server time to recover.
      try? await Task.sleep(for: .milliseconds(20))
    }
  }
}
