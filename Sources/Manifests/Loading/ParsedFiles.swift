internal import Model

/// All documents of all files of a load, in order, and the errors in their text.
struct ParsedFiles: Sendable {
  /// One for each file.
  let files: [ParsedFile]

  /// Large files are split between documents, so that all cores are used.
  /// - Parameter known: Files that were parsed before, by position.
  init(_ files: [SourceFile], known: [Int: ParsedFile] = [:]) {
    let names = files.map(\.name)
    var chunks: [Chunk] = []
    var parsed = files.indices.map { known[$0] ?? ParsedFile(isIncomplete: !files[$0].isComplete) }
    for (index, file) in files.enumerated() where file.isComplete && known[index] == nil {
      Chunk.split(file.bytes, file: index, into: &chunks)
    }
    for result in Parallel.map(chunks, { ParsedFiles.parse($0, files: files, names: names) }) {
      let isBase = files[result.file].isBase
      parsed[result.file].documents += result.documents.map {
        ParsedDocument(node: Node(result.tape, $0), isBase: isBase)
      }
      parsed[result.file].diagnostics += result.diagnostics
      if result.isIncomplete { parsed[result.file].isIncomplete = true }
    }
    self.files = parsed
  }

  var documents: [ParsedDocument] {
    files.count == 1 ? files[0].documents : Array(files.lazy.map(\.documents).joined())
  }
  var diagnostics: [Diagnostic] { files.flatMap(\.diagnostics) }
  /// The errors in the text of all files but these.
  func diagnostics(besides names: Set<String>, _ sources: [SourceFile]) -> [Diagnostic] {
    zip(sources, files).flatMap { names.contains($0.name) ? [] : $1.diagnostics }
  }
  /// Whether documents were dropped, so that their resources are unknown.
  var isIncomplete: Bool { files.contains(where: \.isIncomplete) }

  private struct ChunkResult: Sendable {
    let file: Int
    let tape: Tape
    let documents: [Int]
    let diagnostics: [Diagnostic]
    let isIncomplete: Bool
  }

  private static func parse(_ chunk: Chunk, files: [SourceFile], names: [String]) -> ChunkResult {
    files[chunk.file].bytes.withUnsafeBufferPointer { bytes in
      let text = UnsafeBufferPointer(rebasing: bytes[chunk.range])
      if let problem = SourceText.problem(in: text, file: names[chunk.file], firstLine: chunk.firstLine) {
        return ChunkResult(
          file: chunk.file, tape: Tape(TapeContent(files: names)), documents: [], diagnostics: [problem],
          isIncomplete: true)
      }
      var composer = YAMLComposer(text, file: chunk.file, files: names, firstLine: chunk.firstLine)
      composer.compose()
      return ChunkResult(
        file: chunk.file, tape: Tape(composer.content), documents: composer.documents,
        diagnostics: composer.diagnostics, isIncomplete: composer.isIncomplete)
    }
  }
}

/// The documents of one file.
struct ParsedFile: Sendable {
  var documents: [ParsedDocument] = []
  var diagnostics: [Diagnostic] = []
  var isIncomplete = false
}

struct ParsedDocument: Sendable {
  let node: Node
  let isBase: Bool

  /// Kind and name as written; nil where either is missing.
  var id: ResourceID? {
    guard let kind = node["kind"]?.text, let name = node["metadata"]?["name"]?.text, !kind.isEmpty,
      !name.isEmpty
    else { return nil }
    return ResourceID(kind: kind, name: name)
  }
}

/// A part of a file, from the start of one document to the end of another.
struct Chunk: Sendable {
  let file: Int
  let range: Range<Int>
  let firstLine: Int

  private static let size = 1 << 18

  static func split(_ bytes: [UInt8], file: Int, into chunks: inout [Chunk]) {
    bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      var line = 1
      while start < bytes.count {
        let end = boundary(in: bytes, after: start + size)
        chunks.append(Chunk(file: file, range: start..<end, firstLine: line))
        if end < bytes.count { line += lineBreaks(in: bytes[start..<end]) }
        start = end
      }
    }
  }

  /// The start of the first document marker at or after an offset; the end where there is none.
  private static func boundary(in bytes: UnsafeBufferPointer<UInt8>, after offset: Int) -> Int {
    var offset = offset
    while offset < bytes.count, let next = SourceText.lineFeed(in: bytes, from: offset) {
      if SourceText.isMarker(bytes, next + 1) { return next + 1 }
      offset = next + 1
    }
    return bytes.count
  }

  private static func lineBreaks(in bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    var count = 0
    for byte in UnsafeBufferPointer(rebasing: bytes) { count += byte == 0x0A ? 1 : 0 }
    return count
  }
}
