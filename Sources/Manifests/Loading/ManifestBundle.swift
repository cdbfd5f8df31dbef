internal import Glibc
package import Model

/// Manifest files as texts, with the names that diagnostics show, so that a process on another machine loads
/// them with the same result.
package struct ManifestBundle: Sendable, Hashable {
  package struct File: Sendable, Hashable {
    /// As the user wrote it, or `<stdin>`.
    package let name: String
    package let text: String
    /// Whether overlays are merged into it.
    package let isBase: Bool

    package init(name: String, text: String, isBase: Bool = false) {
      self.name = name
      self.text = text
      self.isBase = isBase
    }
  }

  /// In the order of loading.
  package let files: [File]
  /// Files that manifests mention, by the names by which they are looked up.
  package let mentioned: [File]

  package init(files: [File], mentioned: [File] = []) {
    self.files = files
    self.mentioned = mentioned
  }

  /// The size of all texts and names in bytes.
  package var size: Int {
    (files + mentioned).reduce(0) { $0 + $1.text.utf8.count + $1.name.utf8.count }
  }
}

extension ManifestBundle: JSONRepresentable {
  package var value: Value {
    .members([
      "files": .array(files.map(\.value)),
      "mentioned": mentioned.isEmpty ? nil : .array(mentioned.map(\.value)),
    ])
  }

  package init?(_ value: Value) {
    guard let files = value.list(at: "files") else { return nil }
    let mentioned = value.list(at: "mentioned") ?? []
    self.init(files: files.compactMap(File.init), mentioned: mentioned.compactMap(File.init))
    guard self.files.count == files.count, self.mentioned.count == mentioned.count else { return nil }
  }
}

extension ManifestBundle.File: JSONRepresentable {
  package var value: Value {
    .members(["name": .string(name), "text": .string(text), "base": isBase ? .bool(true) : nil])
  }

  package init?(_ value: Value) {
    guard let name = value.text(at: "name"), !name.isEmpty, let text = value.text(at: "text") else {
      return nil
    }
    self.init(name: name, text: text, isBase: value.flag(at: "base") ?? false)
  }
}

extension ManifestBundle {
  var sources: [SourceFile] { files.map(\.source) }
  var mentionedSources: [String: SourceFile] {
    Dictionary(mentioned.map { ($0.name, $0.source) }, uniquingKeysWith: { first, _ in first })
  }

  /// - Returns: The bundle, and errors for files that are not text.
  static func of(_ files: [SourceFile], mentioned: [SourceFile]) -> (ManifestBundle, [Diagnostic]) {
    var problems: [Diagnostic] = []
    func texts(_ sources: [SourceFile]) -> [File] {
      sources.compactMap { source in
        guard let text = String(validating: source.bytes, as: UTF8.self) else {
          problems.append(
            Diagnostic(
              at: SourceLocation(file: source.name, line: 0, column: 0), "the file is no text in UTF-8"))
          return nil
        }
        return File(name: source.name, text: text, isBase: source.isBase)
      }
    }
    let bundle = ManifestBundle(files: texts(files), mentioned: texts(mentioned))
    return (bundle, problems)
  }
}

extension ManifestBundle.File {
  fileprivate var source: SourceFile {
    SourceFile(
      name: name, folder: name.lastIndex(of: "/").map { String(name[...$0]) } ?? "", bytes: Array(text.utf8),
      isBase: isBase, isComplete: true)
  }
}

/// Reads the files that manifests mention: from this machine, or from a bundle only.
struct MentionedFiles {
  typealias Reading = (file: SourceFile?, problem: Diagnostic?)

  /// Nil for files of this machine.
  private let kept: [String: SourceFile]?
  /// The files found, in the order of reading.
  private(set) var taken: [SourceFile] = []

  init(kept: [String: SourceFile]? = nil) { self.kept = kept }

  mutating func read(_ path: String) -> Reading {
    let reading: Reading
    if let kept {
      reading = (kept[path], kept[path] == nil ? PathProblem.diagnostic(path, ENOENT) : nil)
    } else {
      reading = SourceFile.read(path, isBase: false)
    }
    if let file = reading.file, reading.problem == nil { taken.append(file) }
    return reading
  }
}
