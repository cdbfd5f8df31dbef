internal import JobModel
internal import Model
internal import Synchronization

/// Sends a job after each of its changes, until it is over.
final class JobEvents: Sendable {
  private enum State {
    case first(Job)
    case since(Int64)
    case ended
  }

  /// How long one read waits for a change; no event is sent when it ends without one.
  private static let timeout = Duration.seconds(20)

  private let service: any JobService
  private let id: JobID
  private let creator: String?
  private let state: Mutex<State>

  init(service: any JobService, first: Job, of creator: String?) {
    self.service = service
    id = first.id
    self.creator = creator
    state = Mutex(.first(first))
  }

  var stream: AsyncStream<APIEvent> { AsyncStream { await self.next() } }

  private func next() async -> APIEvent? {
    var since: Int64
    switch state.withLock({ $0 }) {
    case .first(let job): return event(for: job)
    case .ended: return nil
    case .since(let version): since = version
    }
    while !Task.isCancelled {
      do throws(JobError) {
        let job = try await service.job(id, of: creator, newerThan: since, timeout: JobEvents.timeout)
        if job.version > since { return event(for: job) }
        since = job.version
      } catch {
        state.withLock { $0 = .ended }
        return APIEvent(
          "problem", .members(["code": .string(error.code.rawValue), "detail": .string(error.message)]))
      }
    }
    return nil
  }

  private func event(for job: Job) -> APIEvent {
    state.withLock { $0 = job.state.isOver ? .ended : .since(job.version) }
    return APIEvent("job", job.value)
  }
}
