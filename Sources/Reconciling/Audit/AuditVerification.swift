/// A defect of an audit trail, at the first entry where it shows.
package struct AuditFinding: Hashable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    /// The entry differs from the one that was written.
    case changed
    /// Entries are absent.
    case missing
    /// The entry was added later.
    case inserted
    /// Another entry is at the position of this one.
    case reordered
    /// The chain no longer contains a head that was stored elsewhere.
    case rewritten
  }

  package let kind: Kind
  /// The number of the entry.
  package let sequence: Int64
  package let message: String
}

/// Recomputes a chain. A value that takes entries page by page, so that it verifies trails of any length.
package struct AuditVerification: Sendable {
  /// The end of the verified entries.
  package private(set) var head = AuditHead.beginning
  private var beforeHead = AuditHead.beginning
  /// The hash of an entry that must be in the chain; nil for none.
  private let keptHash: String?
  private var hasFoundKept = false

  /// - Parameter keptHash: The hash of an entry that was stored elsewhere; nil for none.
  package init(keptHash: String? = nil) {
    self.keptHash = keptHash
    hasFoundKept = keptHash == nil || keptHash == AuditHead.beginning.hash
  }

  /// Verifies the entries after the last one, oldest first. Returns the first defect; nil when there is none.
  package mutating func append(_ entries: [AuditEntry]) -> AuditFinding? {
    for (index, entry) in entries.enumerated() {
      let sequence = head.count + 1
      guard entry.sequence == sequence else {
        let last = entry.sequence - 1
        return AuditFinding(
          kind: .missing, sequence: sequence,
          message: sequence == last
            ? "entry \(sequence) is missing" : "entries \(sequence) to \(last) are missing")
      }
      let hash = AuditEntry.hash(of: entry.text, after: head.hash)
      guard hash == entry.hash else { return finding(at: index, of: entries) }
      beforeHead = head
      head = AuditHead(count: sequence, hash: hash)
      if hash == keptHash { hasFoundKept = true }
    }
    return nil
  }

  /// Compares the end of the verified entries with the head in the store.
  package func finish(at stored: AuditHead) -> AuditFinding? {
    if stored.count > head.count {
      let (first, last) = (head.count + 1, stored.count)
      return AuditFinding(
        kind: .missing, sequence: first,
        message: first == last
          ? "the last entry, \(first), is missing" : "the last entries, \(first) to \(last), are missing")
    }
    if stored.count < head.count {
      return AuditFinding(
        kind: .inserted, sequence: stored.count + 1,
        message: "entry \(stored.count + 1) was inserted after the end of the chain")
    }
    if stored.hash != head.hash {
      return AuditFinding(
        kind: .changed, sequence: head.count,
        message: "the chain does not end as the store says: its last entries were rewritten")
    }
    guard hasFoundKept else {
      return AuditFinding(
        kind: .rewritten, sequence: head.count,
        message: "no entry has the hash that was kept: the chain was rewritten or cut before it")
    }
    return nil
  }

  /// The defect that explains why the entry at `index` does not follow the one before it.
  private func finding(at index: Int, of entries: [AuditEntry]) -> AuditFinding {
    let sequence = head.count + 1
    func follows(_ entry: AuditEntry, on hash: String) -> Bool {
      AuditEntry.hash(of: entry.text, after: hash) == entry.hash
    }
    if head.count > 0, follows(entries[index], on: beforeHead.hash) {
      return AuditFinding(
        kind: .inserted, sequence: head.count,
        message: "entry \(head.count) was inserted: \(sequence) follows the one before it")
    }
    if let other = entries[index...].dropFirst().first(where: { follows($0, on: head.hash) }) {
      return AuditFinding(
        kind: .reordered, sequence: sequence,
        message: "entry \(sequence) was moved: the entry that belongs there is at \(other.sequence)")
    }
    return AuditFinding(
      kind: .changed, sequence: sequence,
      message:
        "entry \(sequence) does not follow the one before it: it was changed, or entries before it were "
        + "removed and the rest was renumbered")
  }
}
