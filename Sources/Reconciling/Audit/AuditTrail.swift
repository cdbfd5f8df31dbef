package import Model

/// Who did what, when and with which outcome, for each environment as a chain: every entry's hash covers the one
/// before it, so that nothing can be changed, taken out, put in or moved without being found.
///
/// Entries are appended by the store itself, in the transaction of what they tell of: `record`, and every outcome
/// that a step gets. Implementations pass the contract suite of the stores.
package protocol AuditTrail: Sendable {
  /// Entries behind a place in the chain, oldest first, at most `limit`.
  func audit(of environment: String, after sequence: Int64, limit: Int) async throws(StoreError)
    -> [AuditEntry]

  /// Newest first. `id` nil for all.
  func audit(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError) -> [AuditEntry]

  /// Where the chain ends.
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

  /// The entry that follows on `head`.
  package init(_ record: AuditRecord, after head: AuditHead) {
    text = record.value.json
    sequence = head.count + 1
    hash = AuditEntry.hash(of: text, after: head.hash)
  }

  /// Nil when the text is no record, which only someone else can have written.
  package var record: AuditRecord? { (try? Value(json: text)).flatMap { AuditRecord($0) } }

  static func hash(of text: String, after previous: String) -> String {
    var bytes = Array(previous.utf8)
    bytes.append(contentsOf: text.utf8)
    return Digest(of: bytes).hex
  }
}

/// The end of a chain. Kept elsewhere, it proves later that nothing up to it was rewritten.
package struct AuditHead: Hashable, Sendable {
  /// How many entries there are.
  package let count: Int64
  /// Hash of the last entry.
  package let hash: String

  package init(count: Int64, hash: String) {
    self.count = count
    self.hash = hash
  }

  package static let beginning = AuditHead(count: 0, hash: String(repeating: "0", count: 64))
}
