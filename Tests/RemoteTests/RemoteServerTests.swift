import ArgumentParser
import Gateway
import Model
import Testing

@testable import ControlPlane
@testable import rendertrust

/// The addresses of servers, and the requests to them.
@Suite struct RemoteServerTests {
  @Test(
    "A token is sent over TLS, to this host or over a socket only",
    arguments: [
      ("https://render.example.com", true, "TLS"),
      ("https://render.example.com:8443/base/", true, "a base path"),
      ("http://127.0.0.1:9464", true, "loopback"), ("http://127.8.9.1", true, "all of 127/8"),
      ("http://localhost:1", true, "this host"), ("http://[::1]:9464", true, "loopback"),
      ("unix:///run/x.sock", true, "a socket"), ("http://10.0.0.1", false, "another host without TLS"),
      ("http://127.0.0.1.example.com", false, "a host name that starts with an address"),
      ("http://localhost.example.com", false, "a host name that starts with localhost"),
      ("http://[::2]", false, "another host"),
      ("http://127.1", false, "an abbreviated address"),
      ("https://user:secret@host", false, "a user in the URL"),
      ("https://host/?a=b", false, "a query"),
      ("ftp://host", false, "another scheme"), ("https://", false, "no host"),
      ("host:9464", false, "no scheme"),
    ])
  func tokens(url: String, isAccepted: Bool, reason: String) {
    var message = ""
    do throws(CommandFailure) {
      _ = try RemoteServer(url, token: Secret("rt_secret"), authorityFile: nil)
    } catch {
      message = error.message
      #expect(error.exitStatus == .usage)
    }
    #expect(message.isEmpty == isAccepted, "\(reason): \(message)")
    #expect(!message.contains("rt_secret"))
  }

  @Test("A token with line breaks is refused, because it would inject a header")
  func headerInjection() {
    #expect(throws: CommandFailure.self) {
      _ = try RemoteServer("https://host", token: Secret("a\r\nX: y"), authorityFile: nil)
    }
  }

  @Test("Names are percent-encoded in paths and queries")
  func targets() {
    let call = APICall(
      .get, "/api/v1/resources/{kind}/{name}",
      parameters: ["kind": "Node", "name": "a b/ü", "environment": "d&e=v"])
    #expect(call.target == "/api/v1/resources/Node/a%20b%2F%C3%BC?environment=d%26e%3Dv")
  }
}
