import Concurrency
import HTTP
import Model
import StripeAPI
import StripeSupport
import Subprocess
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StripeEndpointTests {
  @Test(
    "Valid addresses are accepted",
    arguments: [
      "https://api.stripe.com", "https://stripe.internal.example:8443", "https://10.0.0.1",
      "https://[2001:db8::1]:443",
      "http://127.0.0.1:12111", "http://127.200.3.4", "http://localhost:1", "http://[::1]:65535",
    ])
  func validAddressesAreAccepted(text: String) throws {
    #expect(try StripeEndpoint(parsing: text).description == text)
    #expect(try StripeEndpoint(parsing: text + "/").description == text)
  }

  @Test("The default is Stripe's address") func theDefaultIsStripesAddress() {
    #expect(StripeEndpoint.standard.description == "https://api.stripe.com")
  }

  @Test(
    "Invalid addresses are rejected",
    arguments: [
      "http://api.stripe.com", "http://10.0.0.1", "http://127.0.0.1.example.com",
      "http://127.0.0.1@example.com",
      "http://127.example.com", "http://127.0.0", "http://127.0.0.256", "http://127.0.0.01", "http://127.1",
      "http://localhost.example.com", "http://localhost@example.com", "http://[::2]", "http://[::1",
      "http://0.0.0.0",
      "http://[::ffff:127.0.0.1]", "HTTP://example.com", "ftp://localhost", "api.stripe.com", "", "https://",
      "https://user:geheim@api.stripe.com", "https://api.stripe.com/v1", "https://api.stripe.com?x",
      "https://a b",
      "https://a:0", "https://a:65536", "https://a:", "https://a:+1", "https://-k", "https://a\\b",
      "https://ä.example",
    ])
  func invalidAddressesAreRejected(text: String) {
    do {
      let endpoint = try StripeEndpoint(parsing: text)
      Issue.record("\(endpoint) was taken")
    } catch {
      #expect(error.code == .invalidRequest && !error.debugDescription.contains("geheim"))
    }
  }

  /// A server whose certificate no authority vouches for, at an address that is otherwise right.
  @Test("A server without a trusted certificate gets no key")
  func aServerWithoutATrustedCertificateGetsNoKey() async throws {
    let standIn = try StripeStandIn(key: "")
    standIn.stop()
    let folder = try OfficialLibrary.scratchFolder()
    let (certificate, key) = ("\(folder)/certificate.pem", "\(folder)/key.pem")
    let made = try await run(
      .name("openssl"),
      arguments: [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
      ], output: .discarded, error: .discarded)
    try #require(made.terminationStatus.isSuccess)
    let client = StripeClient(
      endpoint: try StripeEndpoint(parsing: "https://localhost:\(standIn.port)"), key: Secret("sk_Geheim"),
      client: HTTPClient(),
      retries: RetryPolicy(attempts: 500, initialDelay: .milliseconds(10), maxDelay: .milliseconds(40)))
    let server = try await run(
      .name("openssl"),
      arguments: ["s_server", "-accept", "\(standIn.port)", "-cert", certificate, "-key", key],
      input: .none, output: .string(limit: 1 << 20), error: .discarded
    ) { server in
      defer { try? server.send(signal: .kill) }
      return await Result { () async throws(StripeError) in try await client.price("price_1") }
    }
    let error = try #require(server.closureResult.failure)
    #expect(error.code == .untrusted && error.retry == .afterChange, "\(error.debugDescription)")
    #expect(!server.standardOutput.contains("Geheim"))
  }
}
