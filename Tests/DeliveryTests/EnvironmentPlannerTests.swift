import Delivery
import KindTestSupport
import Manifests
import Model
import Planning
import Testing

@Suite("Plans of environments") struct EnvironmentPlannerTests {
  @Test("A new environment is recorded")
  func recordsANewEnvironment() throws {
    let dev = try Fixture.resource(EnvironmentSpec.self, "dev", #"{"follows":{"branch":"dev"}}"#)
    let outcome = try EnvironmentPlanner().plan(dev, nil, Fixture.context(dev))
    #expect(outcome.steps.map(\.summary) == ["record environment dev"])
    #expect(outcome.steps.first?.action == .create)
  }

  @Test("An environment as declared needs no step")
  func upToDate() throws {
    let dev = try Fixture.resource(EnvironmentSpec.self, "dev", #"{"follows":{"branch":"dev"}}"#)
    let observed = EnvironmentObserved(specJSON: dev.spec.value.json)
    #expect(try EnvironmentPlanner().plan(dev, observed, Fixture.context(dev)).steps.isEmpty)
  }

  @Test("The step names the changed fields")
  func namesChangedFields() throws {
    let before = try Fixture.resource(EnvironmentSpec.self, "dev", #"{"follows":{"branch":"dev"}}"#)
    let after = try Fixture.resource(
      EnvironmentSpec.self, "dev", #"{"follows":{"branch":"main"},"mockGPUs":true}"#)
    let outcome = try EnvironmentPlanner().plan(
      after, EnvironmentObserved(specJSON: before.spec.value.json),
      Fixture.context(after, lastApplied: before))
    #expect(outcome.steps.first?.fields.map(\.path) == ["follows.branch", "mockGPUs"])
    #expect(outcome.steps.first?.reason == "the manifest changed")
  }

  @Test("A record that was edited by hand is corrected")
  func correctsAnEditedRecord() throws {
    let dev = try Fixture.resource(EnvironmentSpec.self, "dev", "{}")
    let outcome = try EnvironmentPlanner().plan(
      dev, EnvironmentObserved(specJSON: #"{"mockGPUs":true}"#), Fixture.context(dev, lastApplied: dev))
    #expect(outcome.steps.map(\.operation) == [.record(specJSON: dev.spec.value.json)])
    #expect(outcome.steps.first?.reason.contains("though the manifest did not change") == true)
  }

  @Test("The approval guard receives the requirements before and after")
  func approvalFact() throws {
    let strict = try Fixture.resource(
      EnvironmentSpec.self, "prod", #"{"requires":{"approvals":{"count":2,"from":["role/approver"]}}}"#)
    let loose = try Fixture.resource(EnvironmentSpec.self, "prod", "{}")
    let requirement = ApprovalRequirement(count: 2, from: ["role/approver"])
    let planner = EnvironmentPlanner()
    #expect(
      planner.facts(loose, nil, Fixture.context(loose, lastApplied: strict))
        == [.approvals(before: requirement, after: nil)])
    #expect(
      planner.facts(strict, nil, Fixture.context(strict)) == [.approvals(before: nil, after: requirement)])
    #expect(
      planner.facts(nil, nil, Fixture.context(strict, lastApplied: strict))
        == [.approvals(before: requirement, after: nil)])
  }

  @Test("The record of an environment that left the manifests is deleted")
  func deletesTheRecord() throws {
    let dev = try Fixture.resource(EnvironmentSpec.self, "dev", "{}")
    let there = try EnvironmentPlanner().plan(nil, EnvironmentObserved(specJSON: "{}"), Fixture.context(dev))
    #expect(there.steps.map(\.operation) == [.remove])
    #expect(try EnvironmentPlanner().plan(nil, nil, Fixture.context(dev)).steps.isEmpty)
  }

  @Test(
    "An invalid manifest is refused with its reason",
    arguments: [
      (#"{"follows":{"branch":"a","tag":"v*"}}"#, "keep one of them"),
      (#"{"requires":{"approvals":{"count":0,"from":["role/approver"]}}}"#, "from 1 to 20"),
      (#"{"requires":{"approvals":{"from":["approver"]}}}"#, "must be `role/…` or `account/…`"),
      (#"{"requires":{"smoke":[{"within":"30s"}]}}"#, "needs the field ‘module’"),
      (#"{"variables":{"a-b":"c"}}"#, "is not a name of a variable"),
    ])
  func refuses(spec: String, problem: String) throws {
    let error = #expect(throws: Fixture.Refused.self) {
      try Fixture.resource(EnvironmentSpec.self, "prod", spec)
    }
    #expect(error?.description.contains(problem) == true, "found: \(error?.description ?? "nothing")")
  }

  /// The prod environment of the seeds: a semantic tag, green smoke and an approval.
  @Test("The prod environment of the seeds is valid")
  func decodesTheSeedsProdEnvironment() throws {
    let prod = try Fixture.resource(
      EnvironmentSpec.self, "prod",
      #"""
      {"follows":{"tag":"v*.*.*"},"requires":{"smoke":[{"module":"echo","within":"30s"}],
       "approvals":{"count":1,"from":["role/approver"]},"drillYoungerThan":"190d"}}
      """#)
    #expect(prod.spec.follows == .tag("v*.*.*"))
    #expect(prod.spec.requires.smoke.map(\.module) == ["echo"])
    #expect(prod.spec.requires.drillYoungerThan == TimeSpan(seconds: 190 * 86_400))
  }
}
