package import Logging
package import Model
package import Reconciling

/// Formats the log of a server as JSON for programs or as text for people. Callers must not log secrets.
package struct ServerLogHandler: LogHandler {
  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  private let format: LogFormat
  private let time: TimeSource
  private let write: @Sendable (String) -> Void

  /// - Parameter write: receives each line, without a line break.
  package init(
    logLevel: Logger.Level, format: LogFormat, time: TimeSource, write: @escaping @Sendable (String) -> Void
  ) {
    self.logLevel = logLevel
    self.format = format
    self.time = time
    self.write = write
  }

  package subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var fields = metadata
    fields.merge(event.metadata ?? [:]) { _, new in new }
    let sorted = fields.sorted { $0.key < $1.key }
    let now = time.now().description
    var line: String
    switch format {
    case .json:
      var members: [Value.Member] = [
        Value.Member("time", .string(now)), Value.Member("level", .string(event.level.rawValue)),
        Value.Member("message", .string(event.message.description)),
      ]
      members += sorted.map { Value.Member($0.key, ServerLogHandler.value(of: $0.value)) }
      line = Value.object(members).json
    case .text:
      line = "\(now) \(event.level.rawValue) \(event.message)"
      for (key, value) in sorted { line += " \(key)=\(ServerLogHandler.value(of: value).json)" }
      line = line.replacing("\n", with: "\\n")
    }
    write(line)
  }

  /// Keeps numbers as numbers.
  private static func value(of metadata: Logger.MetadataValue) -> Value {
    switch metadata {
    case .string(let text): return .string(text)
    case .stringConvertible(let other as Int64): return .integer(other)
    case .stringConvertible(let other as Milliseconds): return .decimal(other.description)
    case .stringConvertible(let other): return .string(other.description)
    case .array(let elements): return .array(elements.map(value))
    case .dictionary(let members): return .object(members.mapValues(value))
    }
  }
}

/// A span as seconds with three digits: `0.042`.
package struct Milliseconds: CustomStringConvertible, Sendable {
  package let span: TimeSpan
  package var description: String {
    let rest = String(span.milliseconds % 1000)
    return "\(span.milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
  }
}

extension Logger.Level {
  package init(_ level: LogLevel) {
    switch level {
    case .debug: self = .debug
    case .info: self = .info
    case .warning: self = .warning
    case .error: self = .error
    }
  }
}
