internal import CLibPQ
package import Model

/// The address of a database and its credentials.
package struct PostgresConfiguration: Sendable {
  /// libpq's keywords and values.
  private let settings: [(keyword: String, value: Secret)]
  /// `PostgreSQL at db.example.com:5432/ledger`: safe to show.
  package let server: String
  /// Delays statements while the embedded server restarts; nil for other servers.
  var gate: ServerGate?

  /// A server on a Unix socket in `socketFolder`.
  package init(socketFolder: String, database: String, user: String = "postgres", port: Int = 5432) {
    settings = [
      ("host", socketFolder), ("port", String(port)), ("dbname", database), ("user", user),
      ("sslmode", "disable"), ("gssencmode", "disable"),
    ].map { ($0.0, Secret($0.1)) }
    server = "PostgreSQL at \(socketFolder)/.s.PGSQL.\(port), database \(database)"
  }

  /// - Parameter url: A libpq URL or a `keyword=value` string. The `PG…` variables of the process still
  ///   apply.
  package init(url: Secret) throws(PostgresError) {
    var complaint: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(url.reveal(), &complaint) else {
      // libpq's error message may quote the URL, and with it the password.
      PQfreemem(complaint)
      throw PostgresError(
        .invalidAddress, "the connection string cannot be read",
        hint: "write postgresql://user:password@host:5432/database, with special characters as %XX",
        server: "PostgreSQL")
    }
    defer { PQconninfoFree(options) }
    var settings: [(keyword: String, value: Secret)] = []
    var shown: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        let name = String(cString: keyword)
        settings.append((name, Secret(String(cString: value))))
        if ["host", "hostaddr", "port", "dbname", "user"].contains(name) {
          shown[name] = String(cString: value)
        }
      }
      option += 1
    }
    let host = shown["host"] ?? shown["hostaddr"] ?? "the default socket"
    let database = shown["dbname"] ?? shown["user"] ?? "postgres"
    server =
      host.hasPrefix("/")
      ? "PostgreSQL at \(host)/.s.PGSQL.\(shown["port"] ?? "5432"), database \(database)"
      : "PostgreSQL at \(host):\(shown["port"] ?? "5432")/\(database)"
    self.settings = settings
  }

  /// The parameters of a new connection: dead peers are detected within 30 seconds, text is UTF-8, and plans
  /// are made for the current parameters, because a plan made while a table was empty would be kept while it
  /// grows.
  func connectionParameters() -> [(keyword: String, value: String)] {
    var defaults = [
      ("connect_timeout", "10"), ("application_name", "rendertrust"), ("client_encoding", "UTF8"),
      ("keepalives_idle", "15"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "30000"), ("options", "-c plan_cache_mode=force_custom_plan"),
    ]
    defaults.removeAll { name, _ in settings.contains { $0.keyword == name } }
    return defaults.map { ($0.0, $0.1) } + settings.map { ($0.keyword, $0.value.reveal()) }
  }

  /// The timeout of opening a connection, in seconds.
  var connectSeconds: Int {
    settings.first { $0.keyword == "connect_timeout" }.flatMap { Int($0.value.reveal()) } ?? 10
  }
}

extension PostgresConfiguration: Equatable {
  package static func == (a: PostgresConfiguration, b: PostgresConfiguration) -> Bool {
    a.settings.elementsEqual(b.settings) {
      $0.keyword == $1.keyword && $0.value.reveal() == $1.value.reveal()
    }
  }
}
