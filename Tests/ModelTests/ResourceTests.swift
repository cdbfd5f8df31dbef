import FoundationEssentials
import Model
import Testing

/// Ids, adoptions, allowances, reasons and secrets.
@Suite struct ResourceTests {
  @Test("An id is a kind and a name with one slash") func idHasOneSlash() throws {
    let id = try #require(ResourceID("Node/dev-1"))
    #expect(id.kind == "Node" && id.name == "dev-1" && id.description == "Node/dev-1")
    for text in ["", "Node", "/a", "Node/", "Node/a/b"] { #expect(ResourceID(text) == nil, "\(text)") }
    #expect([id, ResourceID(kind: "Module", name: "z")].sorted().last == id)
    let data = try JSONEncoder().encode([id])
    #expect(String(decoding: data, as: UTF8.self) == #"["Node\/dev-1"]"#)
    #expect(try JSONDecoder().decode([ResourceID].self, from: data) == [id])
  }

  @Test("An adoption identifies a container by at least 12 digits of its id") func adoptionNeedsDigits()
    throws
  {
    let adoption = try #require(Adoption("web@0123456789abcdef"))
    #expect(adoption.matches(containerID: "0123456789abcdef0000") && !adoption.matches(containerID: "0123"))
    #expect(adoption.overlaps(Adoption(name: "other", id: "0123456789ab9999")))
    for text in ["web", "@0123456789ab", "web@0123456789a", "web@0123456789AB", "web@a@0123456789ab"] {
      #expect(Adoption(text) == nil, "\(text)")
    }
    #expect(Metadata(annotations: [Adoption.annotation: "web@0123456789ab"]).adoption?.name == "web")
    #expect(Metadata(annotations: [Adoption.annotation: "web"]).adoption == nil)
  }

  @Test("An allowance holds for its rule and resource") func allowanceHoldsForItsResource() throws {
    let node = try #require(ResourceID("Node/a"))
    let other = try #require(ResourceID("Node/b"))
    let allowances = Allowances([Allowance(.lastNode, node)])
    #expect(allowances.allows(.lastNode, for: node) && !allowances.allows(.lastNode, for: other))
    #expect(Allowances(prune: true).allows(.prune, for: other) && !Allowances().prune)
  }

  @Test("Reasons of conditions keep their words") func reasonsKeepTheirWords() {
    for word in ["AsDeclared", "Guarded", "Settling", "DependencyNotReady", "HealthCheckFailed"] {
      #expect(ConditionReason(rawValue: word).rawValue == word)
    }
    #expect(ConditionReason(rawValue: "Guarded") == .guarded)
    #expect(ConditionReason(rawValue: "HealthCheckFailed") == .kind("HealthCheckFailed"))
  }

  @Test("A secret is never printed") func secretIsNeverPrinted() {
    let secret = Secret("geheim")
    var text = "\(secret) \(String(reflecting: secret))"
    dump([secret], to: &text)
    #expect(!text.contains("geheim") && text.contains(Secret.redactedText))
    #expect(secret.reveal() == "geheim" && !secret.isEmpty)
  }
}
