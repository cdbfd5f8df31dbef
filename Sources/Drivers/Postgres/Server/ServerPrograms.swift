internal import Glibc
internal import Model
internal import Subprocess

/// The location of the server's programs.
struct ServerPrograms: Sendable {
  let folder: String

  var postgres: String { "\(folder)/postgres" }
  var initdb: String { "\(folder)/initdb" }

  /// Finds the programs of this major version, or with nil the newest: first in Debian's folders, then in
  /// `PATH`.
  static func find(major: Int?) throws(PostgresError) -> ServerPrograms {
    let versions = Files.entries("/usr/lib/postgresql").compactMap { Int($0) }.sorted(by: >)
    for version in versions where major == nil || version == major {
      let folder = "/usr/lib/postgresql/\(version)/bin"
      if Files.exists("\(folder)/postgres") { return ServerPrograms(folder: folder) }
    }
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    if let folder = path.split(separator: ":").first(where: { Files.exists("\($0)/postgres") }) {
      return ServerPrograms(folder: String(folder))
    }
    let written = major.map { " that read the data folder, which version \($0) wrote" } ?? ""
    throw PostgresError(
      .programMissing, "no server programs are installed\(written)",
      hint: "install the Debian package postgresql-\(major ?? 15)", server: "The embedded PostgreSQL")
  }

  /// The environment of programs: enough to find others, and nothing that would redirect them.
  static var environment: [String] {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    return ["PATH=\(path)", "LANG=C.UTF-8", "TZ=UTC"]
  }

  /// Runs a short command and returns whether it succeeded, with its output.
  static func run(_ command: [String], as user: ServerUser?) async throws(PostgresError) -> (Bool, String) {
    let words = ["-i"] + environment + ServerUser.prefix(user) + command
    do {
      let result = try await Subprocess.run(
        .name("env"), arguments: Arguments(words), output: .string(limit: 1 << 20), error: .combinedWithOutput
      )
      return (result.terminationStatus.isSuccess, result.standardOutput)
    } catch {
      throw PostgresError(
        Task.isCancelled ? .cancelled : .server, "\(command.first ?? "") did not run: \(error)",
        server: "The embedded PostgreSQL")
    }
  }
}
