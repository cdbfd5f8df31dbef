internal import Model

extension ServerFolders {
  /// Creates the data folder under a temporary name and renames it when it is complete: a crash leaves
  /// nothing that looks like data.
  func initialise(_ programs: ServerPrograms, isDurable: Bool) async throws(PostgresError) {
    let draft = data + ".new"
    if Files.exists(draft) { _ = try await ServerPrograms.run(["rm", "-rf", draft], as: nil) }
    try Files.makeFolder(draft, mode: 0o700, owner: user)
    let (isDone, output) = try await ServerPrograms.run(
      [
        programs.initdb, "-D", draft, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
        "--data-checksums", "--no-instructions",
      ] + (isDurable ? [] : ["--no-sync"]), as: user)
    guard isDone else {
      throw PostgresError(
        output.contains("No space left") ? .diskFull : .server, "initdb failed",
        server: "The embedded PostgreSQL", detail: String(output.suffix(2000)))
    }
    let file = "\(draft)/postgresql.conf"
    let text = (Files.read(file) ?? "") + "\ninclude_if_exists = 'rendertrust.conf'\n"
    try Files.write(text, to: file, owner: user)
    try Files.write(
      ServerSettings.text(ServerSettings.standard), to: "\(draft)/rendertrust.conf", owner: user)
    // An empty folder may remain from a restore that did not happen.
    if Files.exists(data) { _ = try await ServerPrograms.run(["rmdir", data], as: nil) }
    try Files.move(draft, to: data)
  }

  /// The command line sets the listen addresses, so that no file, restored ones included, exposes the server.
  func startCommand(_ programs: ServerPrograms, _ settings: [String: String]) -> [String] {
    var listening = settings
    // Recovery begins by flushing the data to the disk. One call for the file system takes milliseconds where
    // opening each of thousands of files takes seconds. Version 14 has the setting.
    if let major, major >= 14 { listening["recovery_init_sync_method"] = "syncfs" }
    listening["listen_addresses"] = ""
    listening["unix_socket_directories"] = socket
    listening["unix_socket_permissions"] = "0700"
    listening["port"] = "5432"
    return ServerUser.prefix(user) + [programs.postgres, "-D", data]
      + listening.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
  }

  /// A standby never accepts writes; it is ready when it accepts reads.
  func isReady(_ process: ServerProcess) -> Bool {
    process.status == .ready || (process.status == .standby && isStandby)
  }

  var isStandby: Bool { Files.exists("\(data)/standby.signal") }
}
