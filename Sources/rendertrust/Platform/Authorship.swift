import Glibc
import Reconciling

extension Authorship {
  /// The user on this machine, and the commit of the first path's work tree where there is one.
  static func here(
    _ command: String, _ paths: [String], as action: AuditRecord.Action = .revision
  ) -> Authorship {
    Authorship(
      actor: "\(userName)@\(hostName)", commit: paths.first.flatMap(GitHead.commit(of:)),
      message: ([command] + paths).joined(separator: " "), action: action)
  }

  private static var userName: String {
    getpwuid(geteuid()).flatMap { String(validatingCString: $0.pointee.pw_name) } ?? "uid\(geteuid())"
  }

  private static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Reads a work tree's commit from its files, so that a plan needs no git program.
enum GitHead {
  /// Nil outside a work tree and where HEAD is not a plain branch or commit.
  static func commit(of path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    var folder = String(cString: resolved)
    while !folder.isEmpty {
      if let head = line(folder + "/.git/HEAD") {
        guard head.hasPrefix("ref: ") else { return head }
        let reference = String(head.dropFirst(5))
        return line("\(folder)/.git/\(reference)") ?? packed(reference, in: folder)
      }
      folder = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
    }
    return nil
  }

  private static func packed(_ reference: String, in folder: String) -> String? {
    guard let text = try? Files.read(folder + "/.git/packed-refs") else { return nil }
    return text.split(separator: "\n").first { $0.hasSuffix(" " + reference) }.map { String($0.prefix(40)) }
  }

  private static func line(_ path: String) -> String? {
    guard let text = try? Files.read(path) else { return nil }
    return text.split(separator: "\n").first.map(String.init)
  }
}
