import Model
import Testing

/// The addresses of databases that get another name or resource.
@Suite struct MovedDatabaseTests {
  private static func id(_ name: String) -> ResourceID { ResourceID(kind: "Database", name: name) }

  private static func offers(_ databases: [String: String], leaving: String...) -> Offers {
    var offers = Offers()
    for (name, database) in databases {
      offers.add(.database(DatabaseOffer(address: .embedded(database: database))), from: id(name))
    }
    offers.leaving = Set(leaving.map(id))
    return offers
  }

  private static func context(_ offers: Offers, _ moves: [Move]) -> ReconcileContext {
    ReconcileContext(
      environment: "dev", owner: "test", now: Timestamp(seconds: 0), allowsMockGPUs: true, offers: offers,
      moves: Moves(moves))
  }

  @Test("A renamed database is found under its former address, exchanged ones under their new resource")
  func presentDatabase() {
    let (shop, store) = (Self.id("shop"), Self.id("store"))
    let renamed = Self.context(
      Self.offers(["shop": "shop", "store": "store"], leaving: "store"), [Move(from: store, to: shop)])
    #expect(renamed.presentDatabase(shop, applied: store) == store)
    #expect(renamed.presentDatabase(shop, applied: nil) == shop)
    #expect(renamed.presentDatabase(nil, applied: store) == store)
    let exchanged = Self.context(
      Self.offers(["shop": "x", "store": "y"]), [Move(from: store, to: shop), Move(from: shop, to: store)])
    #expect(exchanged.presentDatabase(shop, applied: store) == shop)
    #expect(exchanged.presentDatabase(store, applied: store) == store, "a manifest cannot move it")
  }

  @Test("Only a database whose address changes with its name differs before the rename")
  func beforeRenames() {
    let moves = Moves([Move(from: Self.id("store"), to: Self.id("shop"))])
    let renamed = Self.offers(["shop": "shop", "store": "store"], leaving: "store")
    #expect(
      renamed.beforeRenames(moves)?.databases[Self.id("shop")]?.address == .embedded(database: "store"))
    let kept = Self.offers(["shop": "x", "store": "x"], leaving: "store")
    #expect(kept.beforeRenames(moves) == nil)
    let exchanged = Self.offers(["shop": "x", "store": "y"])
    #expect(exchanged.beforeRenames(moves) == nil)
  }
}
