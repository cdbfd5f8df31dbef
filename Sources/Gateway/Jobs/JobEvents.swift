internal import JobModel
internal import Model
internal import Synchronization

/// A job each time that it changed, until it is over.
final class JobEvents: Sendable {
  private enum State {
    case first(Job)
    case since(Int64)
    case ended
  }

  /// How long one look waits; nothing is told when it ends.
  private static let patience = Duration.seconds(20)

  private let desk: any JobService
  private let id: JobID
  private let creator: String?
  private let state: Mutex<State>

  init(desk: any JobService, first: Job, of creator: String?) {
    self.desk = desk
    id = first.id
    self.creator = creator
    state = Mutex(.first(first))
  }

  var stream: AsyncStream<APIEvent> { AsyncStream { await self.next() } }

  private func next() async -> APIEvent? {
    var since: Int64
    switch state.withLock({ $0 }) {
    case .first(let job): return told(job)
    case .ended: return nil
    case .since(let version): since = version
    }
    while !Task.isCancelled {
      do throws(JobError) {
        let job = try await desk.job(id, of: creator, newerThan: since, timeout: JobEvents.patience)
        if job.version > since { return told(job) }
        since = job.version
      } catch {
        state.withLock { $0 = .ended }
        return APIEvent(
          "problem", .members(["code": .string(error.code.rawValue), "detail": .string(error.message)]))
      }
    }
    return nil
  }

  private func told(_ job: Job) -> APIEvent {
    state.withLock { $0 = job.state.isOver ? .ended : .since(job.version) }
    return APIEvent("job", job.value)
  }
}
