package import Model

/// The audit trail of each environment: actor, action, time and outcome of every mutation, as a chain. The
/// hash of an entry covers the entry before it, so that verification finds changed, removed, added and moved
/// entries.
///
/// The store appends entries itself, in the transaction of the mutation: `record`, and every outcome of a
/// step. Implementations pass the contract suite of the stores.
package protocol AuditTrail: Sendable {
  /// Entries after a sequence number, oldest first, at most `limit`.
  func audit(of environment: String, after sequence: Int64, limit: Int) async throws(StoreError)
    -> [AuditEntry]

  /// Newest first. `id` nil for all.
  func audit(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError) -> [AuditEntry]

  /// The end of the chain.
  func auditHead(of environment: String) async throws(StoreError) -> AuditHead
}

/// One link of the chain, as it is stored.
package struct AuditEntry: Hashable, Sendable {
  /// Counts from 1 within an environment, without gaps.
  package let sequence: Int64
  /// The record as JSON, exactly as it was hashed.
  package let text: String
  /// SHA-256 of the previous entry's hash, or of 64 zeros, followed by the text; 64 hexadecimal digits.
  package let hash: String

  package init(sequence: Int64, text: String, hash: String) {
    self.sequence = sequence
    self.text = text
    self.hash = hash
  }

  /// The entry that follows `head`.
  package init(_ record: AuditRecord, after head: AuditHead) {
    text = record.value.json
    sequence = head.count + 1
    hash = AuditEntry.hash(of: text, after: head.hash)
  }

  /// Nil when the text is not a record, because another program wrote it.
  package var record: AuditRecord? { (try? Value(json: text)).flatMap { AuditRecord($0) } }

  static func hash(of text: String, after previous: String) -> String {
    var bytes = Array(previous.utf8)
    bytes.append(contentsOf: text.utf8)
    return Digest(of: bytes).hex
  }
}

/// The end of a chain. Stored elsewhere, it later proves that no entry before it was rewritten.
package struct AuditHead: Hashable, Sendable {
  /// The number of entries.
  package let count: Int64
  /// The hash of the last entry.
  package let hash: String

  package init(count: Int64, hash: String) {
    self.count = count
    self.hash = hash
  }

  package static let beginning = AuditHead(count: 0, hash: String(repeating: "0", count: 64))
}
