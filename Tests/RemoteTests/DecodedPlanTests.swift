import Model
import Planning
import Testing

/// Plans that are encoded as JSON and decoded.
@Suite struct DecodedPlanTests {
  private static let findings: [GuardReason] = [
    .prunesEverything(existing: 3), .prunesMany(leaving: 7, existing: 12, allowedPercent: 30),
    .unapproved(
      UnapprovedDestruction(
        environment: "prod", steps: 2, loosens: true, approvers: ["ada"], needed: 2,
        plan: Digest(of: "plan"))),
    .unbackedReplacement(volumes: ["a", "b"], backup: .uncovered),
    .unbackedReplacement(
      volumes: ["a"],
      backup: .tooOld(
        policy: ResourceID(kind: "BackupPolicy", name: "x"), age: TimeSpan(seconds: 90),
        limit: TimeSpan(seconds: 60))),
    .lastNode(modules: [ResourceID(kind: "Module", name: "echo")], loss: .cordoned),
    .schemaDowngrade(applied: 9, declared: 8),
  ]

  private static var plan: Plan {
    let step = AnyStep(
      .update, "change price_pack10", because: "credits changed", risk: .destructive,
      fields: [
        FieldChange("prices.price_pack10.credits", from: .integer(100), to: .decimal("110.5")),
        FieldChange("prices.new", from: nil, to: .string("")),
        FieldChange("prices.old", from: .array([.bool(true)]), to: nil),
      ], operation: RemoteOperation())
    var resources = ResourcePlan.Outcome.allCases.map { outcome in
      ResourcePlan(
        id: ResourceID(kind: "PriceMap", name: outcome.rawValue), outcome: outcome,
        steps: outcome == .unchanged || outcome == .delete ? [] : [step, step],
        waitingOn: outcome == .waiting || outcome == .invalid ? "something ‘odd’\nhappens" : nil,
        desired: nil,
        location: SourceLocation(file: "dev/prices.yaml", line: 3, column: 7))
    }
    for (number, reason) in findings.enumerated() {
      let id = ResourceID(kind: "Node", name: "n\(number)")
      let finding = GuardFinding(id, reason)
      resources.append(
        ResourcePlan(
          id: id, outcome: .blocked, steps: [step], waitingOn: finding.sentence, desired: nil,
          blockedBy: [finding]))
      resources.append(
        ResourcePlan(
          id: ResourceID(kind: "Node", name: "m\(number)"), outcome: .delete, steps: [step], desired: nil,
          allowed: [finding]))
    }
    return Plan(environment: "dev", revision: 7, manifestDigest: Digest(of: ""), resources: resources)
  }

  @Test("A decoded plan renders the same text and JSON as the original")
  func sameText() throws {
    let plan = Self.plan
    let decoded = try #require(Plan(decoding: try Value(json: plan.json().json)))
    #expect(decoded.json() == plan.json())
    #expect(decoded.hasWork == plan.hasWork && decoded.hasChanges == plan.hasChanges)
    for isVerbose in [false, true] {
      for width in [nil, 60, 100] {
        for style in [TextStyle.plain, TextStyle(isColoured: true)] {
          #expect(
            decoded.text(style: style, width: width, isVerbose: isVerbose)
              == plan.text(style: style, width: width, isVerbose: isVerbose))
        }
      }
    }
    #expect(plan.text().contains("dev/prices.yaml:3:7"))
  }

  @Test(
    "Invalid plans decode to nil", arguments: ["{}", "[]", #"{"environment":"dev","revision":1}"#, "null"])
  func invalid(text: String) throws {
    #expect(Plan(decoding: try Value(json: text)) == nil)
  }
}
