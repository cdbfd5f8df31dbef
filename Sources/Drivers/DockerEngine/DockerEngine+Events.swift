import FoundationEssentials
import HTTP
package import Model

/// An event of the engine.
package struct DockerEvent: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable {
    case container, image, volume, network, daemon, other
  }

  package let kind: Kind
  /// `create`, `start`, `die`, `oom`, `destroy`, `health_status: unhealthy`, …
  package let action: String
  /// The container's id; for events of other kinds, the object's id or name.
  package let containerID: String
  package let name: String
  /// Labels, `image`, `exitCode` and similar values.
  package let attributes: [String: String]
  package let time: Timestamp
}

extension DockerEvent: Decodable {
  private enum CodingKeys: String, CodingKey {
    case kind = "Type"
    case action = "Action"
    case actor = "Actor"
    case timeNano
  }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  private struct Actor: Decodable {
    let ID: String
    let Attributes: [String: String]?
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    kind = Kind(rawValue: try values.decode(String.self, forKey: .kind)) ?? .other
    action = try values.decode(String.self, forKey: .action)
    let actor = try values.decode(Actor.self, forKey: .actor)
    containerID = actor.ID
    attributes = actor.Attributes ?? [:]
    name = attributes["name"] ?? actor.ID
    time = Timestamp(microseconds: try values.decode(Int64.self, forKey: .timeNano) / 1000)
  }
}

extension DockerEngine {
  /// Events from now on, or from `since`. Returns when the engine listens, so that no later event is missed.
  /// The sequence ends, or fails with `unreachable`, when the engine stops; events may be lost then, so a
  /// full observation must follow.
  ///
  /// Events are also lost, without notice, while a reader is more than about 1000 events behind: the engine
  /// keeps 1024 for each listener, waits 100 ms for the reader and then drops the event. A caller that waits
  /// for one event must also poll.
  package func events(
    labels: [String: String] = [:], kinds: [DockerEvent.Kind] = [.container], since: Timestamp? = nil
  ) async throws(DockerError) -> DockerEvents {
    let filters = DockerEngine.filters([
      "label": labels.map { "\($0.key)=\($0.value)" }, "type": kinds.map(\.rawValue),
    ])
    var query = [("filters", filters)]
    if let since {
      let micros = String(since.microseconds % 1_000_000)
      let fraction = String(repeating: "0", count: 6 - micros.count) + micros
      query.append(("since", "\(since.microseconds / 1_000_000).\(fraction)"))
    }
    let stream: HTTPBodyStream
    do {
      stream = try await client.stream(request(.get, "/events", query: query, timeout: nil))
    } catch {
      throw DockerError(error, endpoint: endpoint)
    }
    guard stream.status < 400 else {
      throw DockerError(
        status: stream.status, body: (try? await stream.collect(limit: 64 << 10)) ?? [], subject: "events",
        endpoint: endpoint)
    }
    return DockerEvents(engine: self, stream: stream)
  }
}

/// Events as they arrive, for one reader. Releasing it closes the connection.
package struct DockerEvents: AsyncSequence, Sendable {
  package typealias Element = DockerEvent
  package typealias Failure = DockerError

  fileprivate let engine: DockerEngine
  fileprivate let stream: HTTPBodyStream

  package func makeAsyncIterator() -> Iterator {
    Iterator(engine: engine, pieces: stream.makeAsyncIterator())
  }

  package struct Iterator: AsyncIteratorProtocol {
    fileprivate let engine: DockerEngine
    fileprivate var pieces: HTTPBodyStream.Iterator
    private var lines = LineSplitter()
    private var waiting: [DockerEvent] = []

    fileprivate init(engine: DockerEngine, pieces: HTTPBodyStream.Iterator) {
      self.engine = engine
      self.pieces = pieces
    }

    package mutating func next() async throws(DockerError) -> DockerEvent? {
      try await next(isolation: nil)
    }

    package mutating func next(isolation: isolated (any Actor)?) async throws(DockerError) -> DockerEvent? {
      while waiting.isEmpty {
        let piece: [UInt8]?
        do {
          piece = try await pieces.next(isolation: isolation)
        } catch {
          throw DockerError(error, endpoint: engine.endpoint)
        }
        guard let piece else { return nil }
        for line in lines.feed(piece) { waiting.append(try engine.decode(line, about: "/events")) }
        waiting.reverse()
      }
      return waiting.popLast()
    }
  }
}
