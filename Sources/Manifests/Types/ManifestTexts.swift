package import Model

extension ImageReference: ManifestText {
  package init?(manifestText: String) {
    guard let reference = ImageReference(manifestText), reference.distributionProblem == nil else {
      return nil
    }
    self = reference
  }

  package var manifestText: String { description }
  package static var expectation: String { "a container image such as `registry/name:tag@sha256:…`" }
  package static var examples: [String] { ["grafana/grafana:10.4.2@sha256:…"] }
  package static func hint(for text: String) -> String? {
    do throws(ImageReferenceProblem) {
      _ = try ImageReference(parsing: text)
    } catch {
      if error.part == .digest { return error.message }
    }
    return text.lowercased() != text && ImageReference(manifestText: text.lowercased()) != nil
      ? "names of images are lower-case: `\(text.lowercased())`" : nil
  }
}

extension FieldRule where Value == ImageReference {
  /// The image must have a digest, so that the tested image is the one that runs.
  package static var pinned: FieldRule {
    rule("pinned by digest") {
      $0.isPinned
        ? nil
        : RuleProblem(
          "must be pinned by digest, found ‘\($0)’",
          hint: "append the digest: `\($0)@sha256:…`; `docker images --digests \($0.name)` shows it")
    }
  }
}

extension FieldRule where Value == ImageReference? {
  package static var pinned: FieldRule { present(.pinned) }
}

/// An absolute path of a URL such as `/health`.
package struct HTTPPath: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral, ManifestText
{
  package let path: String
  package init(stringLiteral path: String) { self.path = path }

  package init?(manifestText: String) {
    guard manifestText.utf8.first == 47, manifestText.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      return nil
    }
    path = manifestText
  }

  package var description: String { path }
  package var manifestText: String { path }
  package static var expectation: String { "a path that starts with `/`" }
  package static var examples: [String] { ["/health"] }
  package static var pattern: String? { "^/[!-~]*$" }
  package static func hint(for text: String) -> String? {
    HTTPPath(manifestText: "/" + text) == nil ? nil : "did you mean `/\(text)`?"
  }
}

extension FieldRule where Value == CronSchedule {
  /// The schedule matches some date, unlike `0 2 30 2 *`.
  package static var isEverDue: FieldRule {
    rule("a time that occurs") {
      $0.next(after: Timestamp(seconds: 0)) != nil
        ? nil
        : RuleProblem(
          "is never due, found ‘\($0)’",
          hint: "the months of the schedule never have that day; for example `0 2 28 2 *`")
    }
  }
}

extension CronSchedule: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { text }
  package static var expectation: String { "a cron schedule such as `0 2 * * *`" }
  package static var examples: [String] { ["0 2 * * *"] }
  package static func hint(for text: String) -> String? {
    CronSchedule.problem(of: text).map {
      "\($0); the fields are minute, hour, day, month and weekday, in UTC"
    }
  }
}
