import Glibc
package import Reconciling

extension Authorship {
  /// The user on this machine, and the commit of the first path's work tree where there is one.
  package static func here(
    _ command: String, _ paths: [String], as action: AuditRecord.Action = .revision
  ) -> Authorship {
    Authorship(
      actor: "\(userName)@\(hostName)", commit: paths.first.flatMap(GitHead.commit(of:)),
      message: ([command] + paths).joined(separator: " "), action: action)
  }

  private static var userName: String {
    getpwuid(geteuid()).flatMap { String(validatingCString: $0.pointee.pw_name) } ?? "uid\(geteuid())"
  }

  package static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Reads a work tree's commit from its files, so that a plan needs no git program.
package enum GitHead {
  /// Nil outside a work tree and where HEAD is not a plain branch or commit.
  package static func commit(of path: String) -> String? {
    guard let folder = folder(of: path), let head = line(folder + "/HEAD") else { return nil }
    guard head.hasPrefix("ref: ") else { return head }
    let reference = String(head.dropFirst(5))
    // A further work tree keeps its branches in the folder of the first.
    let common = line(folder + "/commondir").map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" } ?? folder
    return line("\(common)/\(reference)") ?? packed(reference, in: common)
  }

  /// Where git keeps what it knows of the work tree that the path is in; nil outside of one.
  package static func folder(of path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    var folder = String(cString: resolved)
    while !folder.isEmpty {
      let git = folder + "/.git"
      if Files.exists(git + "/HEAD") { return git }
      if let link = line(git), link.hasPrefix("gitdir: ") {
        let target = String(link.dropFirst(8))
        return target.hasPrefix("/") ? target : "\(folder)/\(target)"
      }
      folder = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
    }
    return nil
  }

  private static func packed(_ reference: String, in folder: String) -> String? {
    guard let text = try? Files.read(folder + "/packed-refs") else { return nil }
    return text.split(separator: "\n").first { $0.hasSuffix(" " + reference) }.map { String($0.prefix(40)) }
  }

  private static func line(_ path: String) -> String? {
    guard let text = try? Files.read(path) else { return nil }
    return text.split(separator: "\n").first.map(String.init)
  }
}
