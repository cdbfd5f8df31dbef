import Gateway
import Testing

@Suite struct ListenAddressTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let text: String
    let address: ListenAddress?
    var isLocal = false
    let reason: String
    var testDescription: String { reason }
  }

  static let cases = [
    Case(text: "127.0.0.1:9464", address: .tcp(host: "127.0.0.1", port: 9464), isLocal: true, reason: "IPv4"),
    Case(text: "[::1]:80", address: .tcp(host: "::1", port: 80), isLocal: true, reason: "IPv6 in brackets"),
    Case(text: "0.0.0.0:0", address: .tcp(host: "0.0.0.0", port: 0), reason: "every address, a free port"),
    Case(text: "localhost:1", address: .tcp(host: "localhost", port: 1), isLocal: true, reason: "a name"),
    Case(text: "unix:///run/g.sock", address: .unix(path: "/run/g.sock"), isLocal: true, reason: "a socket"),
    Case(text: "unix://run/g.sock", address: nil, reason: "a socket's path is absolute"),
    Case(
      text: "unix:///" + String(repeating: "x", count: 120), address: nil,
      reason: "longer than the kernel takes"),
    Case(text: "9464", address: nil, reason: "no host"),
    Case(text: ":9464", address: nil, reason: "an empty host"),
    Case(text: "::1:80", address: nil, reason: "IPv6 without brackets is ambiguous"),
    Case(text: "host:65536", address: nil, reason: "no such port"),
    Case(text: "host:-1", address: nil, reason: "a negative port"),
    Case(text: "http://host:80", address: nil, reason: "a URL"),
  ]

  @Test("Parses valid addresses", arguments: cases) func parsesValidAddresses(_ example: Case) {
    let address = ListenAddress(example.text)
    #expect(address == example.address)
    #expect((address?.isLocal ?? false) == example.isLocal)
    #expect(address.map { $0.description == example.text } ?? true)
  }
}
