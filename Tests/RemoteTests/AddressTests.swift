import ArgumentParser
import Gateway
import Model
import Testing

@testable import ControlPlane
@testable import rendertrust

@Suite struct AddressTests {
  @Test(
    "A token goes over TLS, to this machine or over a socket, and nowhere else",
    arguments: [
      ("https://render.example.com", true, "TLS"),
      ("https://render.example.com:8443/base/", true, "a path before"),
      ("http://127.0.0.1:9464", true, "loopback"), ("http://127.8.9.1", true, "all of 127/8"),
      ("http://localhost:1", true, "this machine"), ("http://[::1]:9464", true, "loopback"),
      ("unix:///run/x.sock", true, "a socket"), ("http://10.0.0.1", false, "others can read it"),
      ("http://127.0.0.1.example.com", false, "a name that looks like an address"),
      ("http://localhost.example.com", false, "the same"), ("http://[::2]", false, "another machine"),
      ("http://127.1", false, "no address in four numbers"),
      ("https://user:secret@host", false, "a password in the address"),
      ("https://host/?a=b", false, "a query"),
      ("ftp://host", false, "another scheme"), ("https://", false, "no host"),
      ("host:9464", false, "no scheme"),
    ])
  func tokens(url: String, isTaken: Bool, reason: String) {
    var message = ""
    do throws(CommandFailure) {
      _ = try RemoteServer(url, token: Secret("rt_secret"), authorityFile: nil)
    } catch {
      message = error.message
      #expect(error.exitStatus == .usage)
    }
    #expect(message.isEmpty == isTaken, "\(reason): \(message)")
    #expect(!message.contains("rt_secret"))
  }

  @Test("A token with line breaks, which would be more than one header, is refused")
  func splitHeader() {
    #expect(throws: CommandFailure.self) {
      _ = try RemoteServer("https://host", token: Secret("a\r\nX: y"), authorityFile: nil)
    }
  }

  @Test("Paths and queries carry any name")
  func targets() {
    let call = APICall(
      .get, "/api/v1/resources/{kind}/{name}",
      parameters: ["kind": "Node", "name": "a b/ü", "environment": "d&e=v"])
    #expect(call.target == "/api/v1/resources/Node/a%20b%2F%C3%BC?environment=d%26e%3Dv")
  }
}
