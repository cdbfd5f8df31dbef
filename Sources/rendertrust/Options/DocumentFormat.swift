import ArgumentParser
import Manifests
import Model

/// Formats of a command that prints text for people or one JSON document.
enum DocumentFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json

  /// - Parameters:
  ///   - document: written for `json`, over several lines.
  ///   - text: evaluated for `text` only; ends with a line break.
  func write(_ document: @autoclosure () -> Value, text: () -> String) {
    switch self {
    case .json: Output.write(json: document().prettyJSON)
    case .text: Output.write(text())
    }
  }
}

extension OutputFormat {
  /// - Parameters:
  ///   - names: written for `name`, one a line.
  ///   - text: evaluated for `text` only; ends with a line break.
  func write(_ document: @autoclosure () -> Value, names: [String], text: () -> String) {
    switch self {
    case .json: Output.write(json: document().prettyJSON)
    case .yaml: Output.write(YAMLWriter.text(of: document()))
    case .name: for name in names { Output.print(name) }
    case .text: Output.write(text())
    }
  }
}
