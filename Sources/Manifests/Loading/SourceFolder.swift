internal import Glibc
internal import Model

/// Finds the files of the paths that the user names.
enum SourceFolder {
  /// All files of these paths, bases first, each in the order of their names.
  ///
  /// Of a folder, its own `*.yaml` and `*.yml` files are used, not those of folders inside it. Where a
  /// sibling folder named `base` exists, its files come first, and the folder's documents are merged into
  /// them.
  ///
  /// - Parameter known: Files that were read before, by name; reused while unchanged.
  static func read(
    _ paths: [String], known: [String: SourceFile] = [:]
  ) -> (files: [SourceFile], problems: [Diagnostic]) {
    var bases: [String] = []
    var plain: [String] = []
    var problems: [Diagnostic] = []
    for path in paths {
      guard path != "-", isFolder(path) else {
        plain.append(path)
        continue
      }
      if let base = base(of: path) { list(base, into: &bases, &problems) }
      list(path, into: &plain, &problems)
    }
    var files: [SourceFile] = []
    var seen: Set<String> = []
    for (path, isBase) in bases.map({ ($0, true) }) + plain.map({ ($0, false) })
    where seen.insert(path).inserted {
      if let file = known[path], file.isBase == isBase, file.identity == FileIdentity(path: path) {
        files.append(file)
        continue
      }
      let (file, problem) = SourceFile.read(path, isBase: isBase)
      if let file { files.append(file) }
      if let problem { problems.append(problem) }
    }
    return (files, problems)
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    // A dangling link counts, so that reading it reports the problem.
    return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
  }

  private static func base(of folder: String) -> String? {
    var path = Substring(folder)
    while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
    let name = path.split(separator: "/").last ?? ""
    guard name != "base" else { return nil }
    let parent = name == "." || name == ".." ? "\(path)/.." : String(path.dropLast(name.count))
    let base = parent.isEmpty || parent.hasSuffix("/") ? parent + "base" : parent + "/base"
    return isFolder(base) && !isSame(base, String(path)) ? base : nil
  }

  private static func isSame(_ a: String, _ b: String) -> Bool {
    var first = stat()
    var second = stat()
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_ino == second.st_ino
      && first.st_dev == second.st_dev
  }

  private static func list(_ folder: String, into paths: inout [String], _ problems: inout [Diagnostic]) {
    guard let directory = opendir(folder) else {
      problems.append(PathProblem.diagnostic(folder, errno))
      return
    }
    defer { closedir(directory) }
    let names = names(in: directory)
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    problems += NearMisses.problems(in: prefix, names: names)
    for name in names.sorted() where NearMisses.isManifestName(name) && !name.hasPrefix(".") {
      if isFile(prefix + name) { paths.append(prefix + name) }
    }
  }

  /// The names in a folder; none if it cannot be read.
  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    return names(in: directory)
  }

  private static func names(in directory: OpaquePointer) -> [String] {
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
          String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}
