import DockerSupport
import FoundationEssentials
import Glibc
import HTTP
import Model
import Postgres
import Subprocess
import Testing

extension Installation {
  /// Socket of metrics and health.
  var gateway: String { folder + "/g.sock" }
  /// Socket of the API.
  var api: String { folder + "/a.sock" }

  /// Runs a server on the manifest folder during `work`.
  /// - Parameter isEnded: `work` ends the server; otherwise it gets SIGTERM afterwards.
  func serve<Output: Sendable>(
    _ more: String..., isEnded: Bool = false, variables: Variables = [:], work: (pid_t) async throws -> Output
  ) async throws -> (outcome: CommandResult, output: Output) {
    try await run(
      [
        "server", manifestFolder, "--listen", "unix://\(gateway)", "--api-listen", "unix://\(api)",
        "--resync",
        "2s",
      ] + more, variables: variables
    ) { pid in
      let result: Result<Output, any Error>
      do { result = .success(try await work(pid)) } catch { result = .failure(error) }
      if !isEnded { kill(pid, SIGTERM) }
      return try result.get()
    }
  }

  /// The response of the server; nil if it does not listen.
  func ask(_ path: String) async -> HTTPResponse? {
    let client = HTTPClient()
    defer { client.shutdown() }
    return try? await client.send(HTTPRequest(.get, "http://localhost/\(path)", unixSocket: gateway))
  }

  func isReady(within seconds: Int = 60) async throws -> Bool {
    try await eventually(within: seconds) { await ask("readyz")?.status == 200 } != nil
  }

  /// The value of a metric; nil if the server does not export it.
  func metric(_ name: String) async -> Double? {
    let lines = await ask("metrics")?.text.split(separator: "\n") ?? []
    return lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
  }

  /// Locks the table of prices during `work`, so that a step that writes a price cannot finish.
  func lockingPrices<Output: Sendable>(_ work: () async throws -> Output) async throws -> Output {
    let server = PostgresServer(stateFolder: state)
    try await server.start()
    let pool = PostgresPool(try await server.configuration(database: "platform"), connections: 1)
    let result: Result<Output, any Error>
    do {
      result = .success(
        try await pool.transaction(throwingAny: { transaction in
          try await transaction.query("LOCK TABLE price_map_entries IN EXCLUSIVE MODE")
          return try await work()
        }))
    } catch {
      result = .failure(error)
    }
    await pool.close()
    try await server.stop()
    return try result.get()
  }

  /// Steps without an outcome.
  func openSteps() async throws -> Int64 {
    try await query("SELECT count(*) FROM journal WHERE outcome IS NULL").only().int(0)
  }
}

extension CommandResult {
  /// The log as JSON values, without the line that prints the first token.
  func lines() throws -> [Value] {
    try output.split(separator: "\n").filter { !$0.hasPrefix("first-admin token") }.map {
      try Value(json: String($0))
    }
  }
}

/// The notification socket of a service manager.
struct NotifySocket: ~Copyable {
  let path: String
  private let descriptor: Int32

  init(path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let status = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else { throw SupportError("cannot listen on \(path): \(errno)") }
  }

  deinit { close(descriptor) }

  /// The messages since the previous call, one per line.
  func receive() -> String {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
      text += String(decoding: buffer[..<count], as: UTF8.self) + "\n"
    }
    return text
  }
}
