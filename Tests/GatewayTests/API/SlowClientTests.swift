import Gateway
import GatewaySupport
import Glibc
import HTTP
import Model
import Testing

/// Clients that send or read slowly cost a connection for a while, and nothing else.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SlowClientTests {
  private static func head(_ token: String, length: Int) -> String {
    "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
      + "Content-Type: application/json\r\nContent-Length: \(length)\r\n\r\n"
  }

  @Test("A body that exceeds the timeout gets a 408 and ends the connection")
  func aBodyThatExceedsTheTimeoutGetsA408AndEnds() async throws {
    try await ServedAPI.with { limits in
      limits.body = .milliseconds(200)
    } _: { api in
      let token = api.tokens.make("ada", .creator, subject: "ada")
      let connection = try RawConnection(port: api.port)
      connection.send(Self.head(token, length: 100) + "{")
      #expect(await connection.says("HTTP/1.1 408 "), "\(connection.text)")
      #expect(await connection.closes())
    }
  }

  @Test("A slowly dripping body does not extend the timeout")
  func aSlowlyDrippingBodyDoesNotExtendTheTimeout() async throws {
    try await ServedAPI.with { limits in
      limits.body = .milliseconds(300)
    } _: { api in
      let token = api.tokens.make("ada", .creator, subject: "ada")
      let connection = try RawConnection(port: api.port)
      connection.send(Self.head(token, length: 100_000))
      let isAnswered = await eventually {
        connection.send(" ")
        connection.receive()
        return connection.text.contains("HTTP/1.1 408 ")
      }
      #expect(isAnswered)
    }
  }

  @Test("Endless headers and silent connections time out")
  func endlessHeadersAndSilentConnectionsTimeOut() async throws {
    try await ServedAPI.with { limits in
      limits.idle = .milliseconds(300)
    } _: { api in
      let silent = try RawConnection(port: api.port)
      let slow = try RawConnection(port: api.port)
      slow.send("GET / HTTP/1.1\r\n")
      let isOver = await eventually {
        slow.send("X-A: b\r\n")
        slow.receive()
        return slow.isClosed
      }
      #expect(isOver, "each further line does not buy more time")
      #expect(await silent.closes())
    }
  }

  @Test("Headers beyond the limits are rejected")
  func headersBeyondTheLimitsAreRejected() async throws {
    try await ServedAPI.with { api in
      let connection = try RawConnection(port: api.port)
      connection.send("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n")
      #expect(await connection.closes())
      #expect(connection.text.hasPrefix("HTTP/1.1 4") || connection.text.isEmpty, "\(connection.text)")
    }
  }

  @Test("Four hundred slow clients cost little memory and lock out no client")
  func fourHundredSlowClientsCostLittleMemory() async throws {
    try await ServedAPI.with { limits in
      limits.idle = .seconds(60)
      limits.body = .seconds(60)
    } _: { api in
      let token = api.tokens.make("ada", .creator, subject: "ada")
      #expect(try await api.send(.get, "/api/v1/whoami", token: token).status == 200)
      let before = Self.residentBytes
      var connections: [RawConnection] = []
      for number in 0..<400 {
        let connection = try RawConnection(port: api.port)
        connection.send(
          number % 2 == 0
            ? Self.head(token, length: 250_000) + "{\"module\":" : "POST /api/v1/jobs HTTP/1.1\r\nX-A:")
        connections.append(connection)
      }
      let answer = try await api.send(.get, "/api/v1/whoami", token: token)
      #expect(answer.status == 200)
      let grown = Self.residentBytes - before
      print("400 slow clients: \(grown / 1024) KiB")
      #expect(grown < 64 << 20, "\(grown) bytes")
      #expect(connections.count == 400)
    }
  }

  @Test("A body without a length is cut off at the limit")
  func aBodyWithoutALengthIsCutOffAtTheLimit() async throws {
    try await ServedAPI.with { api in
      let token = api.tokens.make("ada", .creator, subject: "ada")
      let before = Self.residentBytes
      let connection = try RawConnection(port: api.port)
      connection.send(
        "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
          + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
      let piece = "10000\r\n\(String(repeating: "x", count: 65_536))\r\n"
      for _ in 0..<8 { connection.send(piece) }
      #expect(await connection.says("HTTP/1.1 413 "))
      #expect(await connection.closes(), "what follows is not read")
      #expect(Self.residentBytes - before < 32 << 20)
    }
  }

  /// Of this process, which is the server's too.
  private static var residentBytes: Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var (total, resident) = (0, 0)
    withUnsafeMutablePointer(to: &total) { total in
      withUnsafeMutablePointer(to: &resident) { resident in
        _ = withVaList([total, resident]) { vfscanf(file, "%ld %ld", $0) }
      }
    }
    return resident * 4096
  }
}
