internal import Glibc
internal import Model

/// The user that the server runs as: PostgreSQL does not run as root.
struct ServerUser: Sendable, Equatable {
  let name: String
  let user: uid_t
  let group: gid_t

  /// Nil when this process does not run as root: then the server runs as the same user.
  static func needed() throws(PostgresError) -> ServerUser? {
    guard geteuid() == 0 else { return nil }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer: [CChar] = Array(repeating: 0, count: 4096)
    guard getpwnam_r("postgres", &entry, &buffer, buffer.count, &found) == 0, found != nil else {
      throw PostgresError(
        .programMissing, "there is no user named postgres for the server to run as",
        hint: "install the Debian package postgresql-15", server: "The embedded PostgreSQL")
    }
    return ServerUser(name: "postgres", user: entry.pw_uid, group: entry.pw_gid)
  }

  /// The command prefix that switches to this user.
  static func prefix(_ user: ServerUser?) -> [String] {
    guard let user else { return [] }
    return ["setpriv", "--reuid=\(user.user)", "--regid=\(user.group)", "--clear-groups"]
  }
}
