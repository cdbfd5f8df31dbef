import Glibc
package import Reconciling

extension Authorship {
  /// The user of this process, and the commit of the first path's work tree if there is one.
  package static func local(
    _ command: String, _ paths: [String], as action: AuditRecord.Action = .revision
  ) -> Authorship {
    Authorship(
      actor: localActor, commit: paths.first.flatMap(GitHead.commit(of:)),
      message: ([command] + paths).joined(separator: " "), action: action)
  }

  /// The user of this process: `user@host`.
  package static var localActor: String { "\(userName)@\(hostName)" }

  private static var userName: String {
    getpwuid(geteuid()).flatMap { String(validatingCString: $0.pointee.pw_name) } ?? "uid\(geteuid())"
  }

  package static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Reads the commit of a work tree without the git program.
package enum GitHead {
  /// Nil outside a work tree, and if HEAD is neither a branch nor a commit.
  package static func commit(of path: String) -> String? {
    guard let folder = folder(of: path), let head = line(folder + "/HEAD") else { return nil }
    guard head.hasPrefix("ref: ") else { return head }
    let reference = String(head.dropFirst(5))
    // A linked work tree keeps its branches in the folder of the main work tree.
    let common = line(folder + "/commondir").map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" } ?? folder
    return line("\(common)/\(reference)") ?? packed(reference, in: common)
  }

  /// The git folder of the work tree that contains the path; nil outside a work tree.
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
