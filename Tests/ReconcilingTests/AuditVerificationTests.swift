import Model
import Reconciling
import Testing

@Suite struct AuditVerificationTests {
  private static func chain(_ count: Int) -> [AuditEntry] {
    var (entries, head) = ([AuditEntry](), AuditHead.beginning)
    for number in 0..<count {
      let record = AuditRecord(
        at: Timestamp(seconds: Int64(number)), actor: "ann@host", commit: "abc", revision: 1,
        resource: .init(kind: "Fake", name: "r\(number)"), action: .init(.update), outcome: "done",
        summary: "change it", diff: [FieldChange("n", from: .integer(1), to: .string("ä\n"))])
      entries.append(AuditEntry(record, after: head))
      head = AuditHead(count: Int64(number + 1), hash: entries[number].hash)
    }
    return entries
  }

  /// Verifies in pages of three, so that findings also lie at the edge of a page.
  private static func verify(_ entries: [AuditEntry], _ head: AuditHead, kept: String? = nil) -> AuditFinding?
  {
    var verification = AuditVerification(keptHash: kept)
    for start in stride(from: 0, to: entries.count, by: 3) {
      let page = Array(entries[start..<min(start + 3, entries.count)])
      if let finding = verification.append(page) { return finding }
    }
    return verification.finish(at: head)
  }

  private static func head(_ entries: [AuditEntry]) -> AuditHead {
    entries.last.map { AuditHead(count: $0.sequence, hash: $0.hash) } ?? .beginning
  }

  private static func renumbered(_ entries: [AuditEntry]) -> [AuditEntry] {
    entries.enumerated().map { AuditEntry(sequence: Int64($0 + 1), text: $1.text, hash: $1.hash) }
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let reason: String
    let kind: AuditFinding.Kind
    let sequence: Int64
    let tamper: @Sendable (inout [AuditEntry]) -> Void
    var testDescription: String { reason }
  }

  static let cases = [
    Case(reason: "a text was changed", kind: .changed, sequence: 2) {
      $0[1] = AuditEntry(sequence: 2, text: $0[1].text.replacing("ann", with: "bob"), hash: $0[1].hash)
    },
    Case(reason: "a text and its own hash were changed", kind: .changed, sequence: 6) {
      $0[4] = AuditEntry($0[0].record!, after: head(Array($0[..<4])))
    },
    Case(reason: "the first entry was removed", kind: .missing, sequence: 1) { $0.removeFirst() },
    Case(reason: "two in the middle were removed", kind: .missing, sequence: 4) {
      $0.removeSubrange(3...4)
    },
    Case(reason: "the last entries were removed", kind: .missing, sequence: 7) { $0.removeLast(2) },
    Case(reason: "everything was removed", kind: .missing, sequence: 1) { $0.removeAll() },
    Case(reason: "two adjacent entries were swapped", kind: .reordered, sequence: 4) {
      $0.swapAt(3, 4)
      $0 = renumbered($0)
    },
    Case(reason: "an entry was removed and the rest renumbered", kind: .changed, sequence: 3) {
      $0.remove(at: 2)
      $0 = renumbered($0)
    },
    Case(reason: "an entry was inserted that follows the ones before it", kind: .inserted, sequence: 5) {
      let record = AuditRecord(
        at: Timestamp(seconds: 0), actor: "eve", commit: nil, revision: 9, resource: nil, action: .revision,
        outcome: "done", summary: "")
      $0.insert(AuditEntry(record, after: head(Array($0[..<4]))), at: 4)
      $0 = renumbered($0)
    },
    Case(reason: "an entry was appended", kind: .inserted, sequence: 9) {
      $0.append(AuditEntry($0[0].record!, after: head($0)))
    },
  ]

  @Test("Verification finds the first defect", arguments: cases)
  func findsTheFirstDefect(_ example: Case) {
    let whole = AuditVerificationTests.chain(8)
    var tampered = whole
    example.tamper(&tampered)
    let finding = AuditVerificationTests.verify(tampered, AuditVerificationTests.head(whole))
    #expect(finding?.kind == example.kind, "\(finding?.message ?? "nothing found")")
    #expect(finding?.sequence == example.sequence)
  }

  @Test("A complete chain is valid, and contains a stored head")
  func completeChainIsValid() {
    let entries = AuditVerificationTests.chain(8)
    let head = AuditVerificationTests.head(entries)
    #expect(AuditVerificationTests.verify(entries, head) == nil)
    #expect(AuditVerificationTests.verify(entries, head, kept: entries[2].hash) == nil)
    #expect(AuditVerificationTests.verify([], .beginning) == nil)
    #expect(entries[3].record?.diff == [FieldChange("n", from: .integer(1), to: .string("ä\n"))])
  }

  @Test("A chain that was rewritten completely is found by a stored head")
  func rewrittenChainIsFoundByStoredHead() {
    let kept = AuditVerificationTests.head(AuditVerificationTests.chain(8)).hash
    let short = AuditVerificationTests.chain(5)
    let finding = AuditVerificationTests.verify(short, AuditVerificationTests.head(short), kept: kept)
    #expect(finding?.kind == .rewritten)
  }

  @Test("An end that differs from the store's head is found")
  func differentEndIsFound() {
    let entries = AuditVerificationTests.chain(4)
    let other = AuditHead(count: 4, hash: AuditHead.beginning.hash)
    #expect(AuditVerificationTests.verify(entries, other)?.kind == .changed)
  }
}
