import Glibc
import HTTP
import Model
import Testing

/// A part of a file as a request's body.
@Suite(.timeLimit(.minutes(1)))
struct FileBodyTests {
  let client = HTTPClient()

  private func withFile(_ bytes: [UInt8], _ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/rt-body-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    try #require(descriptor >= 0 && write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
    try await body(path)
  }

  @Test("A part of a file is sent", arguments: [(0, 6), (2, 3), (6, 0), (0, 0)])
  func aPartOfAFileIsSent(offset: Int, length: Int) async throws {
    try await withFile([10, 11, 12, 13, 14, 15]) { path in
      let server = try LoopbackServer()
      defer { server.stop() }
      var request = HTTPRequest(.put, "http://127.0.0.1:\(server.port)/echo")
      request.fileBody = HTTPFileBody(path: path, offset: Int64(offset), length: Int64(length))
      let response = try await client.send(request)
      #expect(response.text.hasPrefix("PUT /echo HTTP/1.1\r\n"))
      #expect(response.text.contains("\r\nContent-Length: \(length)\r\n"))
      #expect(!response.text.contains("Expect:"))
      #expect(response.body.suffix(length) == [10, 11, 12, 13, 14, 15][offset..<offset + length])
      // The handle's next request has no body of it.
      let next = try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/echo"))
      #expect(next.text.hasPrefix("GET /echo HTTP/1.1\r\n"))
    }
  }

  @Test("A file that ends early fails") func aFileThatEndsEarlyFails() async throws {
    try await withFile([1, 2, 3]) { path in
      let server = try LoopbackServer()
      defer { server.stop() }
      var request = HTTPRequest(.put, "http://127.0.0.1:\(server.port)/echo")
      request.fileBody = HTTPFileBody(path: path, length: 10)
      await #expect(throws: HTTPError.self) { try await client.send(request) }
    }
  }

  @Test("A missing file is not sent") func aMissingFileIsNotSent() async throws {
    var request = HTTPRequest(.put, "http://127.0.0.1:1/echo")
    request.fileBody = HTTPFileBody(path: "/nowhere/at/all", length: 1)
    let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
    #expect(error?.code == .invalidRequest)
  }
}
