/// A physical thing that a resource stands for or needs for itself. Each has at most one owner across all
/// resources, environments and controllers.
package enum Thing: Hashable, Sendable {
  case database(DatabaseAddress)
  case role(String, on: DatabaseServer)
  /// The write-ahead log of a server, which goes to one archive.
  case archive(of: DatabaseServer)
  /// A folder with everything below it, by its absolute path.
  case folder(path: String)
  case stanza(String, repository: String)
  /// All objects of a bucket whose key begins with the prefix.
  case bucketPrefix(endpoint: String, bucket: String, prefix: String)
  case hostPort(HostPort, on: EngineAddress)
  /// A volume by its name in the engine.
  case volume(String, on: EngineAddress)
  /// A container that was not created by the controller, by the reference in the manifest.
  case container(String, on: EngineAddress)
  /// The record of a node, by its name in the engine.
  case node(String, on: EngineAddress)
  case ledger(in: DatabaseAddress)
  case scheduler(in: DatabaseAddress)
  /// The prices of a price map, by the name under which the database keeps them.
  case priceMap(String, in: DatabaseAddress)
  /// All containers, volumes and records whose marks name this resource and no environment. Programs before
  /// 0.5.0 wrote such marks.
  case unmarked(ResourceID)
}

/// A PostgreSQL server.
package enum DatabaseServer: Hashable, Sendable {
  /// The controller's private server.
  case embedded
  /// The server of an external database. Two URLs count as two servers.
  case external(url: SecretReference)
}

extension DatabaseAddress {
  package var server: DatabaseServer {
    switch self {
    case .embedded: .embedded
    case .external(let url): .external(url: url)
    }
  }
}

extension Thing: CustomStringConvertible {
  /// A noun phrase for people: `database shop of the embedded server`.
  package var description: String {
    switch self {
    case .database(let address): address.phrase
    case .role(let name, let server): "role \(name) of \(server)"
    case .archive(let server): "the archive of \(server)"
    case .folder(let path): "folder \(path)"
    case .stanza(let name, let repository): "stanza \(name) in \(repository)"
    case .bucketPrefix(let endpoint, let bucket, let prefix):
      "prefix ‘\(prefix)’ of bucket \(bucket) at \(endpoint)"
    case .hostPort(let port, let engine): "host port \(port) of \(engine)"
    case .volume(let name, let engine): "volume \(name) of \(engine)"
    case .container(let name, let engine): "container \(name) of \(engine)"
    case .node(let name, let engine): "node record \(name) of \(engine)"
    case .ledger(let address): "the ledger in \(address.phrase)"
    case .scheduler(let address): "the scheduler in \(address.phrase)"
    case .priceMap(let name, let address): "price map \(name) in \(address.phrase)"
    case .unmarked(let resource): "what version 0.4 created for \(resource)"
    }
  }

  /// The name of the thing in the outside system; nil for things that are not known by a name.
  package var name: String? {
    switch self {
    case .database(.embedded(let name)): name
    case .role(let name, _), .stanza(let name, _), .volume(let name, _), .container(let name, _),
      .node(let name, _), .priceMap(let name, _):
      name
    case .folder(let path): path
    case .database(.external), .archive, .bucketPrefix, .hostPort, .ledger, .scheduler, .unmarked: nil
    }
  }
}

extension DatabaseServer: CustomStringConvertible {
  package var description: String {
    switch self {
    case .embedded: "the embedded server"
    case .external(let url): "the server of \(url)"
    }
  }
}

extension DatabaseAddress {
  fileprivate var phrase: String {
    switch self {
    case .embedded(let name): "database \(name) of the embedded server"
    case .external(let url): "the database of \(url)"
    }
  }
}
