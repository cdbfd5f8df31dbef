import Model
import Testing

@Suite struct ThingTests {
  private static let external = DatabaseAddress.external(url: .environment("URL"))
  private static func port(_ address: String, _ port: Int = 80, _ transport: HostPort.Transport = .tcp)
    -> HostPort
  {
    HostPort(address: HostAddress(address)!, port: port, transport: transport)
  }

  private static let things: [(Thing, String)] = [
    (.database(.embedded(database: "shop")), "database embedded shop"),
    (.database(external), "database external env URL"),
    (.role("app", on: .embedded), "role app embedded"),
    (.role("app", on: .external(url: .file("/a b"))), "role app external file /a b"),
    (.archive(of: .embedded), "archive embedded"),
    (
      .archive(of: .external(url: .secret(ResourceID(kind: "Secret", name: "url")))),
      "archive external Secret/url"
    ),
    (.folder(path: "/srv/with space"), "folder /srv/with space"),
    (.stanza("main", repository: "/srv/a b"), "stanza main /srv/a b"),
    (
      .bucketPrefix(endpoint: "https://s3", bucket: "b", prefix: "x y/"),
      "bucket-prefix b https://s3 x y/"
    ),
    (.bucketPrefix(endpoint: "https://s3", bucket: "b", prefix: ""), "bucket-prefix b https://s3 "),
    (.hostPort(port("127.0.0.1"), on: .local), "host-port tcp 127.0.0.1 80 local"),
    (.hostPort(port("[::1]", 53, .udp), on: .local), "host-port udp [::1] 53 local"),
    (.volume("v", on: .unix(path: "/run/a b")), "volume v unix:///run/a b"),
    (.container("c", on: .tcp(host: "fd00::1", port: 2375)), "container c tcp://fd00::1:2375"),
    (.node("n", on: .local), "node n local"),
    (.ledger(in: external), "ledger external env URL"),
    (.scheduler(in: .embedded(database: "shop")), "scheduler embedded shop"),
    (.priceMap("packs", in: external), "price-map packs external env URL"),
    (.unmarked(ResourceID(kind: "Service", name: "web")), "unmarked Service/web"),
  ]

  @Test("The key of a thing keeps its form and is read back", arguments: things)
  func keysAreStable(_ thing: Thing, _ key: String) {
    #expect(thing.key == key)
    #expect(Thing(key: key) == thing)
  }

  @Test(
    "A key with an unknown or missing part is no thing",
    arguments: [
      "", "planet earth", "host-port tcp 127.0.0.1 x local", "host-port sctp 127.0.0.1 80 local",
      "host-port tcp localhost 80 local", "volume v", "database elsewhere shop", "unmarked Service",
      "role app cloud", "container c tcp://host",
    ])
  func unknownKeys(_ key: String) {
    #expect(Thing(key: key) == nil)
  }

  @Test("Ports overlap by address, transport and engine")
  func portsOverlap() {
    func thing(_ address: String, _ number: Int = 80, _ transport: HostPort.Transport = .tcp) -> Thing {
      .hostPort(Self.port(address, number, transport), on: .local)
    }
    #expect(thing("[::]").overlaps(thing("127.0.0.1")))
    #expect(!thing("10.0.0.1").overlaps(thing("127.0.0.1")))
    #expect(!thing("0.0.0.0").overlaps(thing("127.0.0.1", 81)))
    #expect(!thing("0.0.0.0").overlaps(thing("0.0.0.0", 80, .udp)))
    #expect(
      !thing("0.0.0.0").overlaps(.hostPort(Self.port("0.0.0.0"), on: .unix(path: "/run/other.sock"))))
  }

  @Test(
    "Folders overlap where one contains the other",
    arguments: [
      ("/srv/a", "/srv/a", true), ("/srv/a", "/srv/a/", true), ("/srv/a", "/srv/a/b", true),
      ("/", "/srv", true), ("/srv/a", "/srv/ab", false), ("/srv//a", "/srv/./a/b", true),
    ])
  func foldersOverlap(_ a: String, _ b: String, _ expected: Bool) {
    for (a, b) in [(a, b), (b, a)] {
      #expect(Thing.folder(path: a).overlaps(.folder(path: b)) == expected)
      var index = OverlapIndex<String>()
      index.add(b, for: .folder(path: b))
      #expect(index.overlapping(.folder(path: a)) == (expected ? [b] : []))
      #expect(index.overlapping(.folder(path: "/elsewhere")) == (b == "/" ? [b] : []))
    }
  }

  @Test("Prefixes overlap in the same bucket only")
  func prefixesOverlap() {
    func prefix(_ bucket: String, _ prefix: String) -> Thing {
      .bucketPrefix(endpoint: "https://s3", bucket: bucket, prefix: prefix)
    }
    #expect(prefix("a", "").overlaps(prefix("a", "exports")))
    #expect(!prefix("a", "exports").overlaps(prefix("b", "exports")))
    #expect(!prefix("a", "exports").overlaps(prefix("a", "exports2")))
  }

  @Test("A thing is named for people, without a secret")
  func descriptions() {
    #expect(
      Thing.hostPort(Self.port("127.0.0.1", 9150), on: .local).description
        == "host port 127.0.0.1:9150/tcp of the local engine")
    #expect(
      Thing.database(.embedded(database: "shop")).description == "database shop of the embedded server")
    #expect(Thing.database(Self.external).description == "the database of env URL")
  }
}
