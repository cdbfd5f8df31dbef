internal import Glibc
internal import Model

/// Manifests that a load does not read, although the user most likely means them: files with almost the right
/// name, and folders inside the folder.
package enum NearMisses {
  /// The beginning of a file in which a manifest has its `apiVersion`.
  private static let headSize = 4096
  private static let copySuffixes = ["~", ".bak", ".txt"]

  static func isManifestName(_ name: String) -> Bool { name.hasSuffix(".yaml") || name.hasSuffix(".yml") }

  /// An error for each file that holds a manifest and whose name is almost that of one: another case, JSON,
  /// or a backup copy without the file that it is a copy of.
  /// - Parameters:
  ///   - folder: ends in `/`.
  ///   - names: all names in the folder.
  static func problems(in folder: String, names: [String]) -> [Diagnostic] {
    let names = Set(names)
    return names.sorted().compactMap { name in
      guard !name.hasPrefix("."), !isManifestName(name), let intended = intendedName(of: name, among: names),
        holdsManifest(folder + name)
      else { return nil }
      return Diagnostic(
        at: SourceLocation(file: folder + name, line: 0, column: 0),
        "‘\(VisibleText.escaped(name, limit: 200))’ holds a manifest and is not read: the names of manifests "
          + "end in .yaml or .yml",
        hint: "rename it to `\(VisibleText.escaped(intended, limit: 200))`, or move it to another folder")
    }
  }

  /// The name under which a file would be read; nil for files of other kinds and for copies.
  private static func intendedName(of name: String, among names: Set<String>) -> String? {
    let lower = name.lowercased()
    if isManifestName(lower) {
      guard let dot = name.lastIndex(of: ".") else { return nil }
      return name[..<dot] + name[dot...].lowercased()
    }
    let stem: String
    if lower.hasSuffix(".json") {
      stem = name.dropLast(".json".count) + ".yaml"
    } else if let suffix = copySuffixes.first(where: { lower.hasSuffix($0) }) {
      stem = String(name.dropLast(suffix.count))
    } else {
      return nil
    }
    return isManifestName(stem.lowercased()) && !names.contains(stem) ? stem : nil
  }

  private static func holdsManifest(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: headSize)
    let count = read(descriptor, &bytes, headSize)
    let head = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    return head.contains("apiVersion") && head.contains(Model.apiVersion)
  }

  /// The folders inside a folder without manifests that have some, of which the user may have meant one.
  /// - Returns: nil if there are none.
  package static func hint(below path: String) -> String? {
    let folder = path.hasSuffix("/") ? path : path + "/"
    let found = SourceFolder.names(in: folder).filter { !$0.hasPrefix(".") }.sorted().compactMap {
      name -> (path: String, count: Int)? in
      let inner = folder + name
      let count = SourceFolder.names(in: inner).count {
        isManifestName($0) && !$0.hasPrefix(".") && holdsManifest("\(inner)/\($0)")
      }
      return count > 0 ? (inner, count) : nil
    }
    guard let first = found.first else { return nil }
    let counts = found.prefix(3).map { inner in
      let noun = inner.count == 1 ? "manifest" : "manifests"
      return "\(VisibleText.escaped(inner.path, limit: 200)) has \(inner.count) \(noun)"
    }
    return counts.joined(separator: ", ")
      + ": did you mean `\(VisibleText.escaped(first.path, limit: 200))`?"
  }
}
