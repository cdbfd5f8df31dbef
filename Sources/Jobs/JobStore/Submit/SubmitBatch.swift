import JobModel

/// Separates the new orders of a batch from those that repeat an order that is stored or that is earlier in
/// the batch.
struct SubmitBatch {
  typealias Submitted = JobRepository.Submitted

  /// An order that is stored under the key of a submission.
  struct StoredOrder {
    let request: [UInt8]
    let job: Job
  }

  let submissions: [Submission]
  /// Indices of the submissions that are new orders.
  let new: [Int]
  private var outcomes: [Submitted?]
  /// Submissions with the key of an earlier one of the batch.
  private let repetitions: [(index: Int, first: Int)]

  /// - Parameter stored: by the id of the job.
  init(_ submissions: [Submission], stored: [JobID: StoredOrder]) {
    self.submissions = submissions
    var outcomes = [Submitted?](repeating: nil, count: submissions.count)
    var firsts: [JobID: Int] = [:]
    var repetitions: [(index: Int, first: Int)] = []
    var new: [Int] = []
    for (index, submission) in submissions.enumerated() {
      if submission.order.key != nil, let order = stored[submission.id] {
        outcomes[index] =
          order.request == submission.request ? .success(order.job) : .failure(submission.keyReused)
      } else if let first = firsts[submission.id] {
        repetitions.append((index, first))
      } else {
        firsts[submission.id] = index
        new.append(index)
      }
    }
    (self.outcomes, self.repetitions, self.new) = (outcomes, repetitions, new)
  }

  mutating func record(_ outcome: Submitted, at index: Int) { outcomes[index] = outcome }

  /// The outcome of each submission, in their order; every new one must have been recorded.
  func results() -> [Submitted] {
    var outcomes = outcomes
    for (index, first) in repetitions {
      outcomes[index] =
        submissions[index].request == submissions[first].request
        ? outcomes[first] : .failure(submissions[index].keyReused)
    }
    return outcomes.compactMap { $0 }
  }
}
