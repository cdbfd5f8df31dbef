internal import Glibc
internal import Model

/// The folders of the embedded server: its data and its socket, where the server's user can reach them.
struct ServerFolders: Sendable {
  /// `STATE/postgres`, which belongs to this process's user.
  let home: String
  let data: String
  let socket: String
  let user: ServerUser?

  var log: String { "\(home)/log" }
  /// The file of the postmaster lock, beside the data folder that it protects.
  var lock: String { "\(data.dropLast("/data".count))/postmaster.lock" }
  var settings: String { "\(data)/rendertrust.conf" }
  var isInitialised: Bool { Files.exists("\(data)/PG_VERSION") }
  /// The major version that wrote the data; nil when there is none yet.
  var major: Int? {
    Files.read("\(data)/PG_VERSION").flatMap { Int($0.prefix { $0.isNumber }) }
  }

  /// A Unix socket's path has at most 107 bytes, and ends in `/.s.PGSQL.5432`.
  private static let longestSocketFolder = 107 - 14

  /// Whether a server of any PID namespace listens on the socket.
  var isListening: Bool {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = Glibc.socket(AF_UNIX, Int32(kind), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(socket)/.s.PGSQL.5432".utf8) }
    return withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        // A full queue of connections is one of a server that listens.
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 || errno == EAGAIN
      }
    }
  }

  /// Finds or creates the folders; called under the start lock. Existing folders of the user are never
  /// changed: where the server's user cannot enter the state folder, the data goes to a new folder below
  /// `/var/lib/rendertrust`, whose name is written to `STATE/postgres/data-folder`.
  static func prepare(home: String, user: ServerUser?) async throws(PostgresError) -> ServerFolders {
    let base = try await baseFolder(home: home, user: user)
    let socket = try socketFolder(home: home, base: base, user: user)
    return ServerFolders(home: home, data: "\(base)/data", socket: socket, user: user)
  }

  /// The folder outside the state folder that has the data; nil where the state folder has it, or where there
  /// is no data yet.
  static func recordedBase(home: String) -> String? {
    Files.read("\(home)/data-folder")?.split(separator: "\n").first.map { String($0) }
  }

  private static func baseFolder(home: String, user: ServerUser?) async throws(PostgresError) -> String {
    let record = "\(home)/data-folder"
    if let recorded = recordedBase(home: home) {
      guard Files.exists(recorded) else {
        throw PostgresError(
          .server, "the folder \(recorded), which \(record) names, is gone",
          hint: "bring it back, or remove \(record) to start with no data",
          server: "The embedded PostgreSQL")
      }
      return recorded
    }
    guard let user, !Files.exists("\(home)/data") else { return home }
    if try await ServerPrograms.run(["test", "-x", home], as: user).0 { return home }
    let common = "/var/lib/rendertrust"
    try Files.makeFolder(common)
    let base = try Files.makeUniqueFolder(common, prefix: "postgres-")
    guard chmod(base, 0o755) == 0, try await ServerPrograms.run(["test", "-x", base], as: user).0 else {
      throw PostgresError(
        .server, "the user \(user.name), as whom the server runs, can enter neither \(home) nor \(base)",
        hint: "choose a state folder that it can enter", server: "The embedded PostgreSQL")
    }
    try Files.write(base + "\n", to: record)
    return base
  }

  private static func socketFolder(
    home: String, base: String, user: ServerUser?
  ) throws(PostgresError) -> String {
    let usual = "\(base)/socket"
    if usual.utf8.count <= longestSocketFolder {
      try Files.makeFolder(usual, mode: 0o700, owner: user)
      return usual
    }
    let record = "\(home)/socket-folder"
    if let recorded = Files.read(record)?.split(separator: "\n").first, Files.exists(String(recorded)) {
      return String(recorded)
    }
    let variable = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let parent = variable.utf8.count <= longestSocketFolder - 20 ? variable : "/tmp"
    let folder = try Files.makeUniqueFolder(parent, prefix: "rendertrust-")
    if let user, chown(folder, user.user, user.group) != 0 {
      throw PostgresError(
        .server, "cannot hand \(folder) over to \(user.name)", server: "The embedded PostgreSQL")
    }
    try Files.write(folder + "\n", to: record)
    return folder
  }
}
