import JobModel
import Model

/// An order, with the values that follow from it.
struct Submission: Sendable {
  let order: JobOrder
  /// Follows from the key where the order has one.
  let id: JobID
  /// The digest of what a repetition must have in common with the first order; empty without a key.
  let request: [UInt8]
  /// Distinguishes the tries of one key: the ledger remembers what it refused, and credits may arrive later.
  let nonce: UInt64
  /// The order's input as it is stored.
  let input: String

  init(_ order: JobOrder, at time: Timestamp, random: UInt64) {
    self.order = order
    id =
      order.key.map { JobID(account: order.creator, key: $0) }
      ?? JobID(at: time, random: random)
    nonce = random
    let input = order.input.jsonBytes()
    self.input = String(decoding: input, as: UTF8.self)
    if order.key == nil {
      request = []
    } else {
      let rest =
        "\(order.module)\n\(order.units)\n\(order.budget?.micro ?? 0)\n\(order.priority)\n"
        + "\(order.within?.milliseconds ?? 0)\n"
      request = Digest.sha256(of: Array(rest.utf8) + input)
    }
  }

  var keyReused: JobError {
    JobError(
      .keyReused, field: "key", "‘\(order.key ?? "")’ is the key of another order",
      hint: "use a different key for each order")
  }
}
