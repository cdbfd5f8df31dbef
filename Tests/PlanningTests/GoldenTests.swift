import FoundationEssentials
import Model
import Planning
import Testing

/// Compares rendered plans with the files in `Golden`. `UPDATE_GOLDEN=1 swift test` writes the files.
@Suite struct GoldenTests {
  @Test("A plan with every outcome is rendered")
  func planWithEveryOutcomeIsRendered() throws {
    let plan = GoldenWorlds.mixed.plan()
    try expect(plan.text(), isGolden: "mixed.txt")
    try expect(plan.text(isVerbose: true), isGolden: "mixed-verbose.txt")
    try expect(plan.text(width: 72), isGolden: "mixed-72.txt")
    try expect(plan.text(style: .coloured, width: 100), isGolden: "mixed-coloured.txt")
    try expect(plan.json().prettyJSON, isGolden: "mixed.json")
  }

  @Test("A plan that the prune guard blocks is rendered")
  func prunedPlanIsRendered() throws {
    let plan = GoldenWorlds.pruned.plan()
    try expect(plan.text(), isGolden: "pruned.txt")
    try expect(plan.json().prettyJSON, isGolden: "pruned.json")
  }

  @Test("A plan that every guard blocks is rendered")
  func guardedPlanIsRendered() throws {
    var world = GuardWorlds.all
    try expect(world.plan().text(), isGolden: "guarded.txt")
    try expect(world.plan().text(width: 72), isGolden: "guarded-72.txt")
    try expect(world.plan().json().prettyJSON, isGolden: "guarded.json")
    world.allowances = Allowances(Set(GuardRule.allCases.filter(\.isAllowedByName).map { Allowance($0) }))
    world.allowances.approval = world.plan().approval(by: ["ada"])
    try expect(world.plan().text(), isGolden: "guarded-allowed.txt")
  }

  @Test("A plan without changes is one sentence")
  func planWithoutChangesIsOneSentence() throws {
    var world = PlanningWorld()
    #expect(world.plan().text() == "No changes. Nothing is declared and nothing is there.\n")
    world.settle("Module/echo")
    #expect(world.plan().text() == "No changes. 1 resource is as declared.\n")
    for index in 0..<13 { world.settle("Node/n\(index)") }
    #expect(world.plan().text() == "No changes. 14 resources are as declared.\n")
    world.declare("Node/n0", mode: .paused)
    #expect(world.plan().text() == "No changes. 13 resources are as declared, 1 is paused.\n")
    #expect(!world.plan().hasChanges)
  }

  @Test("No line is wider than requested")
  func noLineIsWiderThanRequested() {
    for width in [40, 60, 80, 120] {
      for plan in [GoldenWorlds.mixed.plan(), GoldenWorlds.pruned.plan()] {
        let text = plan.text(width: width, isVerbose: true)
        for line in text.split(separator: "\n") {
          #expect(line.count <= width, "\(line)")
        }
      }
    }
  }

  @Test("Colour adds only escape sequences")
  func colourAddsOnlyEscapeSequences() {
    let plan = GoldenWorlds.mixed.plan()
    let coloured = plan.text(style: .coloured, width: 80)
    #expect(coloured.contains("\u{1B}["))
    #expect(coloured.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") == plan.text(width: 80))
  }

  @Test("Text of manifests cannot control the terminal")
  func manifestsCannotControlTheTerminal() {
    var world = PlanningWorld()
    world.declare("Module/it", FakeSpec(waits: "a node\u{1B}[2J\nPlan: 0 to delete"))
    let text = world.plan().text()
    #expect(!text.contains("\u{1B}"))
    #expect(text.contains("a node [2J Plan: 0 to delete"))
  }

  @Test("The documented example has the shape of a plan")
  func documentedExampleHasTheShapeOfAPlan() throws {
    let page = try String(contentsOfFile: "\(folder)/../../docs/plan-json.md", encoding: .utf8)
    let block = try #require(page.split(separator: "```json\n").last?.split(separator: "```").first)
    for text in [String(block), GoldenWorlds.mixed.plan().json().prettyJSON] {
      let plan = try JSONDecoder().decode(DocumentedPlan.self, from: Data(text.utf8))
      #expect(plan.summary.count == 6)
      #expect(plan.resources.allSatisfy { ResourceID($0.id) != nil })
    }
  }

  private struct DocumentedPlan: Decodable {
    let environment: String
    let revision: Int64
    let summary: [String: Int]
    let resources: [Item]

    struct Item: Decodable {
      let id: String
      let outcome: ResourcePlan.Outcome
      let steps: [Step]
      let waitingOn: String?
    }

    struct Step: Decodable {
      let action: StepAction
      let summary: String
      let reason: String
      let risk: Risk
      let fields: [Field]
    }

    struct Field: Decodable {
      let path: String
    }
  }

  private var folder: String { #filePath.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } }

  private func expect(_ text: String, isGolden name: String) throws {
    let path = "\(folder)/Golden/\(name)"
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text == golden, "\(name) differs; review it, then run with UPDATE_GOLDEN=1")
  }
}

enum GoldenWorlds {
  private static let digests = (String(repeating: "ab12", count: 16), String(repeating: "cd34", count: 16))

  /// One resource of each outcome.
  static var mixed: PlanningWorld {
    var world = PlanningWorld()
    world.settle("Database/platform")
    for index in 1...11 { world.settle("Node/dev-\(index)") }
    world.declare("Module/echo", uses: ["Node/dev-1"])
    world.declare("Module/upscale", uses: ["Service/billing"])
    world.hasApplied("PriceMap/credit-packs", FakeState(fields: ["credits": 100]))
    world.declare("PriceMap/credit-packs", FakeSpec(fields: ["credits": 110]))
    world.hasApplied(
      "Service/web", FakeState(fields: ["image": .string("web:1@sha256:\(digests.0)"), "ports": 80]))
    world.declare(
      "Service/web",
      FakeSpec(fields: [
        "image": .string("web:2@sha256:\(digests.1)"), "ports": 80,
        "motd": .string("hello, everybody out there"),
      ]), uses: ["Database/platform"])
    world.settle("Service/cache", FakeState(isRunning: false))
    world.hasApplied("Module/old")
    world.hasApplied("Module/older")
    world.lose("Module/older")
    world.declare("Module/voice", FakeSpec(waits: "no schedulable node with 6Gi of GPU memory"))
    world.declare("Module/typo", FakeSpec(rejects: "it asks for more cores than any node has"))
    world.declare("Service/billing")
    world.hide("Service/billing")
    world.declare("Service/mail")
    world.hide("Service/mail")
    world.hasApplied("Service/watched", FakeState(fields: ["price": 1]))
    world.declare("Service/watched", FakeSpec(fields: ["price": 2]), mode: .observe)
    world.declare("Service/asleep", mode: .paused)
    return world
  }

  static var pruned: PlanningWorld {
    var world = PlanningWorld()
    for index in 1...5 { world.settle("Node/dev-\(index)") }
    for name in ["echo", "echo-loud", "storyboard", "upscale", "voice", "z1", "z2"] {
      world.hasApplied("Module/\(name)", uses: ["Node/dev-1"])
    }
    return world
  }
}
