import ArgumentParser
import ControlPlane
import Model
import Reconciling

/// Where a command looks and acts: on a state that this process opens, or on a server that does it.
struct ConnectionOptions: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp("Folder of the controller's state (.rendertrust).", valueName: "dir"))
  var state: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "PostgreSQL that holds the state, instead of the private server in the state folder.", valueName: "url")
  )
  var database: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Ask this server instead: https://host, or http:// on this machine, or unix:///path. RENDERTRUST_SERVER where it "
        + "is left out; the token is RENDERTRUST_TOKEN’s.", valueName: "url"))
  var server: String?

  @Option(name: .long, help: ArgumentHelp("A file that holds the token for the server.", valueName: "file"))
  var tokenFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Authorities that vouch for the server, in PEM form, instead of the system's; RENDERTRUST_CA_FILE where it is "
        + "left out.", valueName: "file"))
  var caFile: String?

  func validate() throws {
    if server != nil, state != nil || database != nil {
      throw ValidationError("--server asks a server for its own state: leave --state and --database out")
    }
  }

  /// A flag counts before a variable.
  func place() throws(CommandFailure) -> Place {
    let isLocal = state != nil || database != nil
    guard let url = server ?? (isLocal ? nil : Environment["RENDERTRUST_SERVER"]) else {
      guard tokenFile == nil, caFile == nil else {
        throw .usage("--token-file and --ca-file are for --server, which is not given")
      }
      return .here(stateOptions)
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
    guard !text.isEmpty else { throw .usage("\(tokenFile) holds no token") }
    return Secret(text)
  }
}

/// See `ConnectionOptions`.
enum Place: Sendable {
  case here(StateOptions)
  case server(RemoteServer)

  /// Opens what is needed, runs `body`, and closes it again.
  func open<Output>(_ body: (any QueryClient) async throws -> Output) async throws -> Output {
    switch self {
    case .here(let options): try await Session.open(options) { try await body(LocalQueryClient(session: $0)) }
    case .server(let server): try await server.open(body)
    }
  }
}

extension ConnectionOptions {
  /// Answers one inquiry.
  func ask<Question: Query>(_ question: Question) async throws -> Question.Answer {
    try await place().open { try await $0.ask(question) }
  }
}
