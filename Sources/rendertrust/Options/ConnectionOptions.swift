import ArgumentParser
import ControlPlane
import Model
import Reconciling

/// The target of a command: a state that this process opens, or a server.
struct ConnectionOptions: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp("State folder (.rendertrust).", valueName: "dir"))
  var state: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "PostgreSQL database of the state, instead of the private server.", valueName: "url"))
  var database: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Server to call: https://host, http:// on this host or unix:///path. Default: RENDERTRUST_SERVER. The "
        + "token is in RENDERTRUST_TOKEN.", valueName: "url"))
  var server: String?

  @Option(name: .long, help: ArgumentHelp("File with the token for the server.", valueName: "file"))
  var tokenFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Certificate authorities of the server, PEM. Default: RENDERTRUST_CA_FILE, otherwise the system's.",
      valueName: "file"))
  var caFile: String?

  func validate() throws {
    if server != nil, state != nil || database != nil {
      throw ValidationError(
        "--server cannot be combined with --state and --database: a server has its own state")
    }
  }

  /// Flags take precedence over variables.
  func target() throws(CommandFailure) -> ConnectionTarget {
    let isLocal = state != nil || database != nil
    guard let url = server ?? (isLocal ? nil : Environment["RENDERTRUST_SERVER"]) else {
      guard tokenFile == nil, caFile == nil else {
        throw .usage("--token-file and --ca-file require --server")
      }
      return .local(stateOptions)
    }
    return .server(
      try RemoteServer(
        url, token: try token(), authorityFile: caFile ?? Environment["RENDERTRUST_CA_FILE"]))
  }

  private var stateOptions: StateOptions {
    var options = StateOptions()
    options.folder = state
    options.database = database
    return options
  }

  private func token() throws(CommandFailure) -> Secret? {
    guard let tokenFile else { return Environment["RENDERTRUST_TOKEN"].map { Secret($0) } }
    let text = try Files.read(tokenFile).split(separator: "\n").first.map(String.init) ?? ""
    guard !text.isEmpty else { throw .usage("\(tokenFile) contains no token") }
    return Secret(text)
  }
}

/// The target of a command.
enum ConnectionTarget: Sendable {
  case local(StateOptions)
  case server(RemoteServer)

  /// Opens the state or connects to the server, runs `body` and closes it again.
  func open<Output>(_ body: (any QueryClient) async throws -> Output) async throws -> Output {
    switch self {
    case .local(let options): try await StateSession.open(options) { try await body(LocalQueryClient($0)) }
    case .server(let server): try await server.open(body)
    }
  }
}

extension ConnectionOptions {
  /// Sends one query.
  func send<Request: Query>(_ query: Request) async throws -> Request.Answer {
    try await target().open { try await $0.send(query) }
  }
}
