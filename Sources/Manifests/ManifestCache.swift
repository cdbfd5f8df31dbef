internal import Model

/// What loading the same paths again need not do again: see `ManifestLoader.load(paths:reusing:)`.
///
/// A value of one owner, who loads the same paths of the same loader with it. Holds text and resources of the last
/// load; nothing in it is older. It is left aside where files were added or removed, because places name files by number.
package struct ManifestCache: Sendable {
  private var files: [SourceFile] = []
  private var parsed: [ParsedFile] = []
  private var decoded = DecodedCache()
  private let settling: Int64

  /// - Parameter settling: how many nanoseconds a file must have rested before it was read to be known again. File
  ///   systems tell times in steps, some of a second: what changed shorter before may change without a sign.
  package init(settling: Int64 = 2_000_000_000) { self.settling = settling }

  /// Files that would look different had they changed since.
  var filesByName: [String: SourceFile] {
    var known: [String: SourceFile] = Dictionary(minimumCapacity: files.count)
    for file in files where file.identity != nil && file.rest >= settling { known[file.name] = file }
    return known
  }

  /// What is known of these files, by position.
  func parsed(of other: [SourceFile]) -> [Int: ParsedFile] {
    guard files.elementsEqual(other, by: { $0.name == $1.name && $0.isBase == $1.isBase }) else { return [:] }
    var known: [Int: ParsedFile] = [:]
    for (index, file) in other.enumerated() {
      // Whoever was taken from here has rested as long.
      guard file.rest >= settling, file.rest == files[index].rest, file.identity == files[index].identity
      else { continue }
      known[index] = parsed[index]
    }
    return known
  }

  mutating func takeDecoded() -> DecodedCache {
    defer { decoded = DecodedCache() }
    return decoded
  }

  mutating func replace(_ files: [SourceFile], _ parsed: ParsedFiles, _ decoded: DecodedCache?) {
    self.files = files
    self.parsed = parsed.files
    self.decoded = decoded ?? DecodedCache()
  }
}

/// What documents were decoded to, by the place of their text in memory.
struct DecodedCache: Sendable {
  private struct Key: Hashable {
    let tape: ObjectIdentifier
    let index: Int

    init(_ node: Node) {
      tape = ObjectIdentifier(node.tape)
      index = node.index
    }
  }

  private struct Entry {
    /// Keeps the tape, so that no other gets its identity.
    let node: Node
    let document: DecodedDocument
  }

  private var entries: [Key: Entry] = [:]
  private var variables: Variables?

  /// Other variables make other documents.
  mutating func prepare(for variables: Variables) {
    if self.variables != variables { entries = [:] }
    self.variables = variables
  }

  subscript(node: Node) -> DecodedDocument? { entries.isEmpty ? nil : entries[Key(node)]?.document }

  mutating func replaceAll(by documents: some Sequence<(Node, DecodedDocument?)>) {
    entries = [:]
    for case (let node, let document?) in documents {
      entries[Key(node)] = Entry(node: node, document: document)
    }
  }
}
