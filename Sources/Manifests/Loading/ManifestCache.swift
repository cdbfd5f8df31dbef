internal import Model
internal import Synchronization

/// The result of an earlier load, which makes loading the same paths again cheaper: see
/// `ManifestLoader.load(paths:reusing:)`.
///
/// A value with one owner, used for the same paths and the same loader. Holds text and resources of the last
/// load only. It is ignored when files were added or removed, because locations refer to files by number.
package struct ManifestCache: Sendable {
  private var files: [SourceFile] = []
  private var parsed: [ParsedFile] = []
  private let settling: Int64
  /// The variables of the last load: while they are unchanged, they compare by identity.
  var variables: Variables? = Variables([:], isDeclared: false)

  /// - Parameter settling: The minimum age in nanoseconds of a file's last change when it was read. File
  ///   systems record times in steps, some of a second: a file that was younger may have changed since
  ///   without a different time.
  package init(settling: Int64 = 2_000_000_000) { self.settling = settling }

  /// The files whose identity would differ if they had changed.
  var filesByName: [String: SourceFile] {
    var known: [String: SourceFile] = Dictionary(minimumCapacity: files.count)
    for file in files where file.identity != nil && file.rest >= settling { known[file.name] = file }
    return known
  }

  /// The parsed files that are still valid, by position.
  func parsed(of other: [SourceFile]) -> [Int: ParsedFile] {
    guard files.elementsEqual(other, by: { $0.name == $1.name && $0.isBase == $1.isBase }) else { return [:] }
    var known: [Int: ParsedFile] = [:]
    for (index, file) in other.enumerated() {
      // A file that was taken from the cache has the same age.
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

/// The decoded documents of one tape, by index. Lives as long as the tape.
final class DecodedCache: Sendable {
  private struct State {
    var variables: Variables?
    var documents: [Int: DecodedDocument] = [:]
  }

  private let state = Mutex(State())

  /// Nil where the document was not decoded with these variables.
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
