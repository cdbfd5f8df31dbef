import Model
import Testing

@Suite struct HoldingsTests {
  private static let web = ResourceID(kind: "Service", name: "web")
  private static let former = ResourceID(kind: "Service", name: "old")

  private static func holding(_ thing: Thing, _ role: String, _ environment: String, _ id: ResourceID)
    -> Holding
  {
    Holding(
      thing: thing, role: role, environment: environment, resource: id, holdsData: false,
      since: Timestamp(seconds: 0))
  }

  private static let holdings = Holdings([
    holding(.volume("v-prod", on: .local), "volume.data", "prod", web),
    holding(.volume("v-stg", on: .local), "volume.data", "stg", web),
    holding(.volume("v-old", on: .local), "volume.data", "prod", former),
    holding(.unmarked(web), "unmarked", "prod", web),
    holding(.folder(path: "/srv/a"), "repository", "prod", ResourceID(kind: "BackupPolicy", name: "a")),
  ])

  @Test("Holdings are found by resource and environment")
  func byResource() {
    #expect(
      Self.holdings.of(Self.web, in: "prod").map(\.thing.key) == [
        "unmarked Service/web", "volume v-prod local",
      ])
    #expect(Self.holdings.of(Self.web, in: "dev").isEmpty)
    #expect(Self.holdings.physicalName(of: Self.web, role: "volume.data", in: "stg") == "v-stg")
    #expect(Self.holdings.physicalName(of: Self.web, role: "volume.logs", in: "stg") == nil)
  }

  @Test("A new resource never gets a name that another one keeps")
  func unusedNames() {
    let (web, former, third) = (Self.web, Self.former, ResourceID(kind: "Service", name: "third"))
    func name(of id: ResourceID, _ base: String, leaving: Set<ResourceID> = [], _ moves: Move...) -> String {
      var offers = Offers()
      offers.leaving = leaving
      let context = ClaimContext(
        environment: "prod", controller: "c", environmentMark: "prod", offers: offers,
        holdings: Self.holdings, moves: Moves(moves))
      return context.unusedName(base, for: id, holdings: Self.holdings.named)
    }
    #expect(name(of: third, "v-new") == "v-new")
    #expect(name(of: third, "v-stg") == "v-stg", "it belongs to another environment: a conflict")
    #expect(name(of: third, "v-old") == "v-old-2", "another resource keeps it")
    #expect(name(of: former, "v-old") == "v-old", "its own")
    #expect(name(of: third, "v-old", leaving: [former]) == "v-old", "it may be the new name of the holder")
    #expect(
      name(of: third, "v-old", leaving: [former], Move(from: former, to: third)) == "v-old",
      "it is the new name of the holder")
    #expect(
      name(of: third, "v-old", leaving: [former], Move(from: former, to: web)) == "v-old-2",
      "the holder goes on under another name")
    #expect(
      name(of: third, "v-old", leaving: [former, web], Move(from: web, to: third)) == "v-old-2",
      "it is the new name of another resource")
  }

  @Test("Holdings that overlap a thing are found in every environment")
  func overlapping() {
    #expect(Self.holdings.overlapping(.folder(path: "/srv")).map(\.resource.name) == ["a"])
    #expect(Self.holdings.overlapping(.volume("v-stg", on: .local)).map(\.environment) == ["stg"])
    #expect(Self.holdings.overlapping(.volume("v-stg", on: .unix(path: "/x"))).isEmpty)
  }

  @Test("What carries no environment belongs to one environment")
  func unmarked() {
    #expect(Self.holdings.unmarked(in: "prod") == [Self.web])
    #expect(Self.holdings.unmarked(in: "stg").isEmpty)
  }

  @Test("A renamed resource keeps the names of its former one")
  func namesOfMovedResources() {
    let new = ResourceID(kind: "Service", name: "new")
    let context = ReconcileContext(
      environment: "prod", owner: "c1", now: Timestamp(seconds: 0), allowsMockGPUs: false, offers: Offers(),
      holdings: Self.holdings,
      moves: Moves([Move(from: Self.former, to: new), Move(from: Self.web, to: Self.former)])
    ).claims
    #expect(context.physicalName(of: new, role: "volume.data") == "v-old")
    #expect(context.physicalName(of: Self.former, role: "volume.data") == "v-prod")
    #expect(context.physicalName(of: ResourceID(kind: "Service", name: "x"), role: "volume.data") == nil)
  }

  @Test("Marks are read with and without an environment")
  func owners() {
    let owner = Owner(controller: "c1", environment: "prod", resource: Self.web)
    #expect(owner.text == "c1 prod Service/web")
    #expect(Owner(owner.text) == owner)
    #expect(Owner("c1 Service/web") == Owner(controller: "c1", environment: nil, resource: Self.web))
    for text in ["", "c1", "c1 prod", "c1  Service/web", "c1 prod Service/web more", "c1 a b Service/web"] {
      #expect(Owner(text) == nil)
    }
  }

  @Test("A conflict says who owns the thing")
  func conflicts() {
    let thing = Thing.database(.embedded(database: "shop"))
    let claimant = Owner(
      controller: "c1", environment: "h2", resource: ResourceID(kind: "Database", name: "shop"))
    func conflict(_ owner: Owner?) -> OwnershipConflict {
      OwnershipConflict(thing, owner: owner, claimant: claimant)
    }
    let other = conflict(Owner(controller: "c1", environment: "h1", resource: claimant.resource))
    #expect(other.relation == .environment)
    #expect(other.text == "database shop of the embedded server belongs to Database/shop of environment h1")
    let foreign = conflict(Owner(controller: "c2", environment: "h2", resource: claimant.resource))
    #expect(foreign.relation == .controller)
    #expect(foreign.text.contains("controller c2, environment h2, Database/shop"))
    #expect(conflict(nil).relation == .unmarked)
    let error = foreign.backendError(code: "database.foreign")
    #expect(error.qualifiedCode == "database.foreign")
    #expect(error.retry == .afterChange)
  }
}
