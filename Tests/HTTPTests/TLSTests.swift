import Glibc
import HTTP
import Subprocess
import Testing

/// Against `openssl s_server` with a certificate made on the spot, which also requests a client certificate.
@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
  @Test("Peers are verified and client certificates are sent")
  func peersAreVerifiedAndClientCertificatesAreSent() async throws {
    let folder = try TemporaryFolder()
    let (certificate, key) = ("\(folder.path)/certificate.pem", "\(folder.path)/key.pem")
    let made = try await run(
      .name("openssl"),
      arguments: [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
        "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
      ], output: .discarded)
    try #require(made.terminationStatus.isSuccess)
    let port = try freePort()
    _ = try await run(
      .name("openssl"),
      arguments: [
        "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-Verify", "1",
        "-CAfile", certificate, "-verify_return_error", "-www", "-quiet",
      ], input: .none, output: .discarded, error: .discarded
    ) { server in
      defer { try? server.send(signal: .kill) }
      let client = HTTPClient()
      var request = HTTPRequest(.get, "https://127.0.0.1:\(port)/")
      try await eventually { await code { _ = try await client.send(request) } != .connectionRefused }
      #expect(await code { _ = try await client.send(request) } == .tls, "no authority vouches for it")
      request.tls = TLSOptions(authorityFile: certificate)
      let withoutCertificate = await code { _ = try await client.send(request) }
      #expect(withoutCertificate != nil && withoutCertificate != .connectionRefused, "it wants a certificate")
      request.tls = TLSOptions(authorityFile: certificate, certificateFile: certificate, keyFile: key)
      #expect(try await client.send(request).status == 200)
      var other = request
      other.url = "https://localhost:\(port)/"
      #expect(await code { _ = try await client.send(other) } == .tls, "the certificate is for another name")
      other.url = request.url
      other.tls.authorityFile = "/nonexistent.pem"
      #expect(await code { _ = try await client.send(other) } == .tls, "the authority's file is missing")
    }
  }

  private func freePort() throws -> Int {
    let server = try LoopbackServer()
    server.stop()
    return server.port
  }
}
