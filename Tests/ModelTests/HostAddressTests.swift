import Model
import Testing

@Suite struct HostAddressTests {
  @Test(
    "Addresses are read in one form and printed in it",
    arguments: [
      ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
      ("[::]", "[::]"), ("[::1]", "[::1]"), ("[2001:DB8:0:0:0:0:0:1]", "[2001:db8::1]"),
      ("[2001:db8:0:1:1:1:1:1]", "[2001:db8:0:1:1:1:1:1]"), ("[1:0:0:2:0:0:0:3]", "[1:0:0:2::3]"),
      ("[1:0:0:2:3:0:0:4]", "[1::2:3:0:0:4]"), ("[1::]", "[1::]"), ("[0001::0a]", "[1::a]"),
    ])
  func readsAndPrints(_ text: String, _ printed: String) {
    #expect(HostAddress(text)?.description == printed)
    #expect(HostAddress(printed) == HostAddress(text))
  }

  @Test(
    "Other texts are no addresses",
    arguments: [
      "", "127.0.0.01", "+1.0.0.0", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.-4", " 1.2.3.4", "1.2.3.",
      "::1",
      "[]", "[:]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]", "[:::]", "[::12345]", "[::g]",
      "[fe80::1%eth0]", "[::ffff:1.2.3.4]", "[::ffff:102:304]", "[1:2:3:4:5:6:7::8]", "[::+1]", "localhost",
      "١.2.3.4",
    ])
  func refuses(_ text: String) {
    #expect(HostAddress(text) == nil)
  }

  @Test(
    "A wildcard overlaps every address of its family, and the one of IPv6 also IPv4",
    arguments: [
      ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("0.0.0.0", "10.0.0.1", true),
      ("0.0.0.0", "[::1]", false), ("[::]", "[::1]", true), ("[::]", "127.0.0.1", true),
      ("[::]", "0.0.0.0", true), ("[::1]", "127.0.0.1", false), ("[::1]", "[::2]", false),
    ])
  func overlap(_ a: String, _ b: String, _ expected: Bool) throws {
    let (a, b) = (try #require(HostAddress(a)), try #require(HostAddress(b)))
    #expect(a.overlaps(b) == expected)
    #expect(b.overlaps(a) == expected)
  }
}
