import Model
import Planning
import Testing

@testable import ControlPlane

/// The consent to steps that destroy data.
@Suite struct ConsentTests {
  private func plan(_ names: String...) -> Plan {
    Plan(
      environment: "dev", revision: 1, manifestDigest: Digest(of: "manifests"),
      resources: names.map { name in
        ResourcePlan(
          id: ResourceID(kind: "Database", name: name), outcome: .delete,
          steps: [
            Step(
              .delete, "drop database \(name)", because: "left the manifests", risk: .destructive,
              operation: RemoteOperation())
          ], desired: nil)
      })
  }

  private func missing(_ consent: Consent, _ plan: Plan) -> [String] {
    do throws(OperationError) {
      try consent.require(for: plan)
      return []
    } catch {
      return error.unconfirmed.map(\.resource.name)
    }
  }

  @Test("A consent covers the confirmed steps and no others")
  func coverage() {
    let steps = plan("p1", "p2").destructiveSteps
    #expect(missing(.none, plan("p1", "p2")) == ["p1", "p2"])
    #expect(missing(.all, plan("p1", "p2")) == [])
    #expect(missing(Consent(to: steps), plan("p2", "p1")) == [], "the order does not matter")
    #expect(missing(Consent(to: steps), plan("p1")) == [], "less may be destroyed")
    #expect(missing(Consent(to: steps), plan("p1", "p3")) == ["p3"])
    let more = Consent(to: steps).adding(plan("p3").destructiveSteps)
    #expect(missing(more, plan("p1", "p2", "p3")) == [])
    #expect(missing(.none, plan()) == [], "nothing to confirm")
  }

  @Test("A later pass destroys nothing that was not confirmed, unless everything is")
  func laterPasses() {
    #expect(Consent.none.admits(plan(), after: plan("p1")))
    #expect(Consent(to: plan("p1").destructiveSteps).admits(plan("p1"), after: plan("p1")))
    #expect(!Consent(to: plan("p1").destructiveSteps).admits(plan("p2"), after: plan("p1")))
    #expect(Consent.all.admits(plan("p2"), after: plan("p1")))
  }

  @Test("The members of a request restore the consent", arguments: [0, 1, 2])
  func members(index: Int) throws {
    let consents: [Consent] = [.none, .all, Consent(to: plan("p1").destructiveSteps)]
    let restored = try Consent(.object(consents[index].members))
    #expect(missing(restored, plan("p1", "p2")) == missing(consents[index], plan("p1", "p2")))
  }

  @Test("A refusal names the steps, and its JSON restores them")
  func refusal() throws {
    let failure = #expect(throws: OperationError.self) { try Consent.none.require(for: plan("p1", "p2")) }
    let error = try #require(failure)
    #expect(error.code == .blocked && error.exitStatus == .blocked)
    #expect(
      error.message.hasPrefix("2 steps destroy data (Database/p1, Database/p2) and are not confirmed"),
      "\(error.message)")
    #expect(OperationError(error.value, status: 409).unconfirmed == error.unconfirmed)
  }
}
