extension Thing {
  /// The thing as stored: words separated by spaces, the free text last. Never changes its form, because
  /// states keep it.
  package var key: String {
    switch self {
    case .database(let address): "database \(address.key)"
    case .role(let name, let server): "role \(name) \(server.key)"
    case .archive(let server): "archive \(server.key)"
    case .folder(let path): "folder \(path)"
    case .stanza(let name, let repository): "stanza \(name) \(repository)"
    case .bucketPrefix(let endpoint, let bucket, let prefix): "bucket-prefix \(bucket) \(endpoint) \(prefix)"
    case .hostPort(let port, let engine):
      "host-port \(port.transport.rawValue) \(port.address) \(port.port) \(engine.key)"
    case .volume(let name, let engine): "volume \(name) \(engine.key)"
    case .container(let name, let engine): "container \(name) \(engine.key)"
    case .node(let name, let engine): "node \(name) \(engine.key)"
    case .ledger(let address): "ledger \(address.key)"
    case .scheduler(let address): "scheduler \(address.key)"
    case .priceMap(let name, let address): "price-map \(name) \(address.key)"
    case .unmarked(let resource): "unmarked \(resource)"
    }
  }

  /// Nil for a key of a thing that this program does not know.
  package init?(key: String) {
    var words = KeyWords(key)
    switch words.next() {
    case "database": self.init(DatabaseAddress(key: words.rest)) { .database($0) }
    case "role":
      let name = words.next()
      self.init(DatabaseServer(key: words.rest)) { .role(name, on: $0) }
    case "archive": self.init(DatabaseServer(key: words.rest)) { .archive(of: $0) }
    case "folder": self = .folder(path: words.rest)
    case "stanza":
      let name = words.next()
      self = .stanza(name, repository: words.rest)
    case "bucket-prefix":
      let (bucket, endpoint) = (words.next(), words.next())
      self = .bucketPrefix(endpoint: endpoint, bucket: bucket, prefix: words.rest)
    case "host-port":
      let (transport, address, number) = (words.next(), words.next(), words.next())
      guard let transport = HostPort.Transport(rawValue: transport), let address = HostAddress(address),
        let port = Int(number)
      else { return nil }
      let hostPort = HostPort(address: address, port: port, transport: transport)
      self.init(EngineAddress(key: words.rest)) { .hostPort(hostPort, on: $0) }
    case "volume":
      let name = words.next()
      self.init(EngineAddress(key: words.rest)) { .volume(name, on: $0) }
    case "container":
      let name = words.next()
      self.init(EngineAddress(key: words.rest)) { .container(name, on: $0) }
    case "node":
      let name = words.next()
      self.init(EngineAddress(key: words.rest)) { .node(name, on: $0) }
    case "ledger": self.init(DatabaseAddress(key: words.rest)) { .ledger(in: $0) }
    case "scheduler": self.init(DatabaseAddress(key: words.rest)) { .scheduler(in: $0) }
    case "price-map":
      let name = words.next()
      self.init(DatabaseAddress(key: words.rest)) { .priceMap(name, in: $0) }
    case "unmarked": self.init(ResourceID(words.rest)) { .unmarked($0) }
    default: return nil
    }
  }

  private init?<Part>(_ part: Part?, _ make: (Part) -> Thing) {
    guard let part else { return nil }
    self = make(part)
  }
}

/// The words of a key, read from the left.
private struct KeyWords {
  /// What was not read yet, without the space before it.
  private(set) var rest: String

  init(_ key: String) { rest = key }

  /// Everything up to the next space; empty at the end.
  mutating func next() -> String {
    guard let space = rest.firstIndex(of: " ") else {
      defer { rest = "" }
      return rest
    }
    defer { rest = String(rest[rest.index(after: space)...]) }
    return String(rest[..<space])
  }
}

extension DatabaseAddress {
  fileprivate var key: String {
    switch self {
    case .embedded(let name): "embedded \(name)"
    case .external(let url): "external \(url)"
    }
  }

  fileprivate init?(key: String) {
    var words = KeyWords(key)
    switch words.next() {
    case "embedded": self = .embedded(database: words.rest)
    case "external":
      guard let url = SecretReference(key: words.rest) else { return nil }
      self = .external(url: url)
    default: return nil
    }
  }
}

extension DatabaseServer {
  fileprivate var key: String {
    switch self {
    case .embedded: "embedded"
    case .external(let url): "external \(url)"
    }
  }

  fileprivate init?(key: String) {
    if key == "embedded" {
      self = .embedded
    } else {
      guard case .external(let url)? = DatabaseAddress(key: key) else { return nil }
      self = .external(url: url)
    }
  }
}

extension SecretReference {
  /// Reads a `description`.
  fileprivate init?(key: String) {
    var words = KeyWords(key)
    switch words.next() {
    case "env": self = .environment(words.rest)
    case "file": self = .file(words.rest)
    default:
      guard let id = ResourceID(key) else { return nil }
      self = .secret(id)
    }
  }
}

extension EngineAddress {
  fileprivate var key: String { self == .local ? "local" : description }

  fileprivate init?(key: String) {
    if key == "local" {
      self = .local
    } else if key.hasPrefix("unix://") {
      self = .unix(path: String(key.dropFirst("unix://".count)))
    } else {
      let address = key.dropFirst("tcp://".count)
      guard key.hasPrefix("tcp://"), let colon = address.lastIndex(of: ":"),
        let port = Int(address[address.index(after: colon)...])
      else { return nil }
      self = .tcp(host: String(address[..<colon]), port: port)
    }
  }
}
