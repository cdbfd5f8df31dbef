import ControlPlane
import JobModel
import Model

extension OpenJobService {
  private static let page = 200
  private static let maxPages = 5

  /// The job that a text names: its ID, or how the ID of one among the newest 1,000 begins.
  func id(_ text: String) async throws(CommandFailure) -> JobID {
    let text = text.lowercased()
    if let id = JobID(text) { return id }
    var found: [JobID] = []
    var query = JobQuery(limit: Self.page)
    for _ in 0..<Self.maxPages {
      let jobs = try await call { [query] service throws(JobError) in try await service.jobs(query) }
      found += jobs.map(\.id).filter { $0.text.hasPrefix(text) }
      guard jobs.count == Self.page, let last = jobs.last else { break }
      query.before = last.id
    }
    guard let id = found.first, !text.isEmpty else {
      throw .failed("no job begins with ‘\(text)’; rendertrust job list shows the newest")
    }
    guard found.count == 1 else {
      let shown = found.prefix(5).map(\.text).joined(separator: ", ")
      throw .usage("\(found.count) jobs begin with ‘\(text)’: \(shown)\(found.count > 5 ? " …" : "")")
    }
    return id
  }
}
