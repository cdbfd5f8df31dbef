import Gateway
import GatewaySupport
import Glibc
import HTTP
import Model
import Subprocess
import Testing

/// TLS, and HTTP/2 over it, as curl sees them.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SecureTests {
  /// A folder with `cert.pem`, `key.pem` and another's `other.pem`.
  private static func withCertificates(_ body: (_ folder: String) async throws -> Void) async throws {
    let folder = "/tmp/rendertrust-tls-\(getpid())-\(UInt32.random(in: .min ... .max))"
    let script = """
      mkdir -m 700 "$0" && cd "$0" && for name in key other; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
          -keyout $name.pem -out $name.crt -days 2 -subj /CN=localhost \
          -addext subjectAltName=DNS:localhost,IP:127.0.0.1 || exit 1
      done 2>/dev/null; mv key.crt cert.pem; echo nonsense > nonsense.pem
      """
    let made = try await Self.run("/bin/sh", "-c", script, folder)
    try #require(made.status == 0, "\(made)")
    let result: Result<Void, any Error>
    do { result = .success(try await body(folder)) } catch { result = .failure(error) }
    _ = try await Self.run("/bin/rm", "-r", folder)
    try result.get()
  }

  private static func run(_ program: String, _ arguments: String...) async throws -> (
    status: Int, output: String
  ) {
    let result = try await Subprocess.run(
      .name("env"), arguments: Arguments([program] + arguments), output: .string(limit: 1 << 20),
      error: .discarded)
    let status: Int = if case .exited(let code) = result.terminationStatus { Int(code) } else { -1 }
    return (status, result.standardOutput)
  }

  @Test(
    "The client chooses between HTTP/2 and HTTP/1.1", arguments: [("--http2", "2"), ("--http1.1", "1.1")])
  func theClientChoosesBetweenHTTP2AndHTTP11(flag: String, version: String) async throws {
    try await Self.withCertificates { folder in
      let identity = try TLSIdentity(
        certificateFile: folder + "/cert.pem", keyFile: folder + "/key.pem")
      try await ServedAPI.with(identity: identity) { api in
        let token = api.tokens.make("ada", .creator, subject: "ada")
        let (status, output) = try await Self.run(
          "/usr/bin/curl", "-s", flag, "--cacert", folder + "/cert.pem", "-w",
          "\\n%{http_version} %{http_code}",
          "-H", "Authorization: Bearer \(token)", "-H", "Content-Type: application/json", "-d",
          #"{"module":"echo","input":1}"#, "https://127.0.0.1:\(api.port)/api/v1/jobs")
        #expect(status == 0 && output.hasSuffix("\n\(version) 201"), "\(output)")
        // Until the first event's data, which comes at once.
        let (_, stream) = try await Self.run(
          "/bin/sh", "-c",
          "curl -sN \(flag) --max-time 30 --cacert \(folder)/cert.pem -H 'Authorization: Bearer \(token)' "
            + "-H 'Accept: text/event-stream' https://127.0.0.1:\(api.port)/api/v1/jobs/\(output.jobID) "
            + "| sed '/^data:/q'"
        )
        #expect(stream.contains("event: job\ndata: {"), "\(stream)")
        let (_, long) = try await Self.run(
          "/bin/sh", "-c",
          "head -c 400000 /dev/zero | tr '\\0' 1 | curl -s \(flag) --cacert \(folder)/cert.pem "
            + "-w ' %{http_code}' -H 'Authorization: Bearer \(token)' "
            + "-H 'Content-Type: application/json' --data-binary @- "
            + "https://127.0.0.1:\(api.port)/api/v1/jobs")
        #expect(long.hasSuffix(" 413") && long.contains("too_long"), "\(long)")
      }
    }
  }

  @Test("A renewed certificate is used after a reload, and one that does not match is not")
  func aRenewedCertificateIsUsedAfterAReloadAndOne()
    async throws
  {
    try await Self.withCertificates { folder in
      let identity = try TLSIdentity(
        certificateFile: folder + "/cert.pem", keyFile: folder + "/key.pem")
      try await ServedAPI.with(identity: identity) { api in
        func trusts(_ authority: String) async throws -> Bool {
          try await Self.run(
            "/usr/bin/curl", "-s", "-o", "/dev/null", "--cacert", "\(folder)/\(authority)",
            "https://127.0.0.1:\(api.port)/openapi.json"
          ).status == 0
        }
        _ = try await Self.run("/bin/cp", folder + "/cert.pem", folder + "/before.pem")
        #expect(try await trusts("before.pem"))
        _ = try await Self.run("/bin/cp", folder + "/other.crt", folder + "/cert.pem")
        #expect(throws: TLSIdentityError.self, "the key is the old one's") { try identity.reload() }
        #expect(try await trusts("before.pem"))
        _ = try await Self.run("/bin/cp", folder + "/other.pem", folder + "/key.pem")
        try identity.reload()
        #expect(try await trusts("other.crt"))
        #expect(try await trusts("before.pem") == false)
      }
    }
  }

  @Test("Plain HTTP and stalled handshakes get no response")
  func plainHTTPAndStalledHandshakesGetNoResponse() async throws {
    try await Self.withCertificates { folder in
      let identity = try TLSIdentity(
        certificateFile: folder + "/cert.pem", keyFile: folder + "/key.pem")
      try await ServedAPI.with(identity: identity) { limits in
        limits.handshake = .milliseconds(200)
      } _: { api in
        let silent = try RawConnection(port: api.port)
        #expect(await silent.closes())
        let plain = try RawConnection(port: api.port)
        plain.send("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(await plain.closes())
        #expect(!plain.text.contains("HTTP/1.1 200"))
      }
    }
  }

  @Test("A body over HTTP/2 that exceeds the timeout gets a 408")
  func aBodyOverHTTP2ThatExceedsTheTimeoutGetsA408() async throws {
    try await Self.withCertificates { folder in
      let identity = try TLSIdentity(
        certificateFile: folder + "/cert.pem", keyFile: folder + "/key.pem")
      try await ServedAPI.with(identity: identity) { limits in
        limits.body = .milliseconds(300)
      } _: { api in
        let token = api.tokens.make("ada", .creator, subject: "ada")
        let (_, output) = try await Self.run(
          "/bin/sh", "-c",
          "(echo '{'; sleep 5) | timeout 10 curl -s --http2 --cacert \(folder)/cert.pem "
            + "-w ' %{http_code}' -T . -X POST "
            + "-H 'Authorization: Bearer \(token)' -H 'Content-Type: application/json' "
            + "https://127.0.0.1:\(api.port)/api/v1/jobs")
        #expect(output.contains("408"), "\(output)")
      }
    }
  }

  @Test("Unusable files are rejected with the reason")
  func unusableFilesAreRejectedWithTheReason() async throws {
    try await Self.withCertificates { folder in
      let cases = [
        ("missing.pem", "key.pem", "missing.pem cannot be read: No such file or directory"),
        ("cert.pem", "missing.pem", "missing.pem cannot be read: No such file or directory"),
        ("nonsense.pem", "key.pem", "nonsense.pem holds no certificate in PEM"),
        ("key.pem", "key.pem", "key.pem holds no certificate in PEM"),
        ("cert.pem", "nonsense.pem", "nonsense.pem holds no private key in PEM"),
        ("cert.pem", "other.pem", "is not that of the first certificate in"),
      ]
      for (certificate, key, message) in cases {
        let error = #expect(throws: TLSIdentityError.self) {
          _ = try TLSIdentity(certificateFile: "\(folder)/\(certificate)", keyFile: "\(folder)/\(key)")
        }
        #expect(error?.description.contains(message) ?? false, "\(error?.description ?? "")")
      }
    }
  }
}

extension String {
  /// Of a job's JSON.
  fileprivate var jobID: Substring {
    let parts = split(separator: #""id":""#)
    return parts.count > 1 ? parts[1].prefix(16) : ""
  }
}
