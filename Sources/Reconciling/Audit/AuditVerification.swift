/// What does not fit in an audit trail, at the first entry where it shows.
package struct AuditFinding: Hashable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    /// The entry is not the one that was written.
    case changed
    /// Entries are not there.
    case missing
    /// The entry was put in.
    case inserted
    /// Another entry stands where this one belongs.
    case reordered
    /// The head that was kept elsewhere is in the chain no more.
    case rewritten
  }

  package let kind: Kind
  /// The entry that it is about.
  package let sequence: Int64
  package let message: String
}

/// Recomputes a chain. A value that is fed with entries in their order, so that no trail is too long for it.
package struct AuditVerification: Sendable {
  /// The end of what is proven.
  package private(set) var head = AuditHead.beginning
  private var beforeHead = AuditHead.beginning
  /// A head that must be in the chain; nil for none.
  private let keptHash: String?
  private var hasFoundKept = false

  /// - Parameter keptHash: the hash of an entry that was noted elsewhere; nil for none.
  package init(keptHash: String? = nil) {
    self.keptHash = keptHash
    hasFoundKept = keptHash == nil || keptHash == AuditHead.beginning.hash
  }

  /// Takes the entries behind the last, oldest first; nil when all of them fit.
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

  /// Compares the end of what was taken with where the chain ends as the store says.
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

  /// What the entry at `index`, which does not follow on the one before it, tells about itself.
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
        "entry \(sequence) does not follow the one before it: it was changed, or entries before it were removed "
        + "and the rest was renumbered")
  }
}
