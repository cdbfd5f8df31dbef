import Model
import Reconciling
import ReconcilingSupport
import Testing

struct DesiredChangesTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    let old: DesiredState
    let new: DesiredState
    var changed: [String] = []
    var gone: [String] = []
    var affectsReferences = false
    var testDescription: String { reason }
  }

  static let rows = [
    Row(reason: "nothing", old: .of(.fake("a"), .fake("b")), new: .of(.fake("b"), .fake("a"))),
    Row(
      reason: "another spec", old: .of(.fake("a"), .fake("b")), new: .of(.fake("a"), .fake("b", 2)),
      changed: ["b"]),
    Row(
      reason: "another mode", old: .of(.fake("a")), new: .of(.fake("a", mode: .observe)), changed: ["a"]),
    Row(
      reason: "first, middle and last are new", old: .of(.fake("b"), .fake("d")),
      new: .of(.fake("a"), .fake("b"), .fake("c"), .fake("d"), .fake("e")), changed: ["a", "c", "e"],
      affectsReferences: true),
    Row(
      reason: "first, middle and last are gone",
      old: .of(.fake("a"), .fake("b"), .fake("c"), .fake("d"), .fake("e")), new: .of(.fake("b"), .fake("d")),
      gone: ["a", "c", "e"], affectsReferences: true),
    Row(
      reason: "refers to another", old: .of(.fake("a"), .fake("b"), .fake("c", needs: ["a"])),
      new: .of(.fake("a"), .fake("b"), .fake("c", needs: ["b"])), changed: ["c"], affectsReferences: true),
    Row(reason: "everything is gone", old: .of(.fake("a")), new: .of(), gone: ["a"], affectsReferences: true),
  ]

  @Test("The changes between two desired states are found", arguments: rows)
  func changesAreFound(_ row: Row) {
    let changes = DesiredChanges(from: row.old, to: row.new)
    #expect(changes.changed.map(\.id.name) == row.changed)
    #expect(changes.gone.map(\.name) == row.gone)
    #expect(changes.affectsReferences == row.affectsReferences)
  }
}
