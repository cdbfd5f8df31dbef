internal import Model
internal import Synchronization

/// What loading the same paths again need not do again: see `ManifestLoader.load(paths:reusing:)`.
///
/// A value of one owner, who loads the same paths of the same loader with it. Holds text and resources of the last
/// load; nothing in it is older. It is left aside where files were added or removed, because places name files by number.
package struct ManifestCache: Sendable {
  private var files: [SourceFile] = []
  private var parsed: [ParsedFile] = []
  private let settling: Int64
  /// Of the last load: as long as they are the same, they compare by identity.
  var variables: Variables? = Variables([:], isDeclared: false)

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

  mutating func replace(_ files: [SourceFile], _ parsed: ParsedFiles) {
    self.files = files
    self.parsed = parsed.files
  }
}

/// What the documents of one tape were decoded to, by their place on it. Lives as long as the tape.
final class DecodedCache: Sendable {
  private struct State {
    var variables: Variables?
    var documents: [Int: DecodedDocument] = [:]
  }

  private let state = Mutex(State())

  /// Nil where it was not decoded with these variables.
  func document(at index: Int, with variables: Variables) -> DecodedDocument? {
    state.withLock { $0.variables == variables ? $0.documents[index] : nil }
  }

  func note(_ document: DecodedDocument, at index: Int, with variables: Variables) {
    state.withLock { state in
      if state.variables != variables { state = State(variables: variables) }
      state.documents[index] = document
    }
  }
}
