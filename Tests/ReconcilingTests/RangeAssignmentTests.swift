import RandomSupport
import Reconciling
import ReconcilingSupport
import Testing

@Suite struct RangeAssignmentTests {
  private struct Case: CustomTestStringConvertible {
    let reason: String
    let holders: String
    let replicas: String
    let assigned: String
    var testDescription: String { reason }
  }

  // One letter for each range; a dot for a free range.
  private static let cases = [
    Case(
      reason: "no replica is alive", holders: "a...............", replicas: "", assigned: "................"),
    Case(
      reason: "the first replica is assigned everything", holders: "................", replicas: "a",
      assigned: "aaaaaaaaaaaaaaaa"),
    Case(
      reason: "a joining replica is assigned the last half", holders: "aaaaaaaaaaaaaaaa", replicas: "ab",
      assigned: "aaaaaaaabbbbbbbb"),
    Case(
      reason: "a third replica is assigned ranges of both", holders: "aaaaaaaabbbbbbbb", replicas: "abc",
      assigned: "aaaaaaccbbbbbccc"),
    Case(
      reason: "the ranges of a dead replica go to the live one, with the leader's range",
      holders: "aaaaaaaabbbbbbbb", replicas: "b", assigned: "bbbbbbbbbbbbbbbb"),
    Case(
      reason: "a handover in progress continues", holders: "aaaaaaaaaa....bb", replicas: "ab",
      assigned: "aaaaaaaabbbbbbbb"),
    Case(
      reason: "nothing moves between shares that differ by one", holders: "aaaaabbbbbbccccc", replicas: "abc",
      assigned: "aaaaabbbbbbccccc"),
    Case(
      reason: "with more replicas than ranges, the last ones have none", holders: "................",
      replicas: "abcdefghijklmnopqr", assigned: "abcdefghijklmnop"),
  ]

  @Test("Ranges are assigned to replicas", arguments: cases)
  private func rangesAreAssigned(_ example: Case) {
    let holders = example.holders.map { $0 == "." ? nil : String($0) }
    let assigned = RangeAssignment.assign(holders, to: example.replicas.map(String.init))
    #expect(assigned.map { $0 ?? "." }.joined() == example.assigned, "\(example.reason)")
  }

  @Test("Shares are even, few ranges move, and the assignment is stable", arguments: 0..<SoakSeeds.count(300))
  func sharesAreEvenAndStable(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var holders: [String?] = KeyRange.all.map { _ in nil }
    var replicas: [String] = []
    for step in 0..<20 {
      if replicas.isEmpty || Bool.random(using: &random), replicas.count < 20 {
        replicas.append("r\(step)")
      } else {
        replicas.remove(at: Int.random(in: replicas.indices, using: &random))
      }
      holders = holders.map { holder in holder.flatMap { replicas.contains($0) ? $0 : nil } }
      let assigned = RangeAssignment.assign(holders, to: replicas)
      guard !replicas.isEmpty else { continue }
      #expect(!assigned.contains(nil), "seed \(seed)")
      let shares = replicas.map { replica in assigned.count { $0 == replica } }
      #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 1, "seed \(seed): \(shares)")
      let share = (holders.count + replicas.count - 1) / replicas.count
      for replica in replicas {
        let (had, kept) = (
          holders.count { $0 == replica }, zip(holders, assigned).count { $0 == replica && $1 == replica }
        )
        #expect(kept == had || kept >= share - 1, "seed \(seed): \(replica) had \(had) and kept \(kept)")
      }
      #expect(RangeAssignment.assign(assigned, to: replicas) == assigned, "seed \(seed)")
      // Some ranges change hands later.
      holders = zip(holders, assigned).map { Bool.random(using: &random) ? $0 : $1 }
      #expect(!replicas.isEmpty)
    }
  }

  @Test("The range of a resource is the same in every version")
  func rangeIsTheSameInEveryVersion() {
    #expect(KeyRange(of: .fake("a")).number == 10)
    #expect(Set((0..<1000).map { KeyRange(of: .fake("r\($0)")) }).count == KeyRange.count)
    let counts = Dictionary(grouping: (0..<10_000).map { KeyRange(of: .fake("map-\($0)")) }, by: \.self)
      .mapValues(\.count)
    #expect(counts.values.allSatisfy { (500...750).contains($0) }, "\(counts)")
    #expect([0, 1, 2, 7, 9, 10].compactMap { KeyRange($0) }.text == "0–2, 7, 9–10")
  }
}
