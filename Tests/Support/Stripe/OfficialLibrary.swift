internal import FoundationEssentials
internal import Glibc
package import Model
internal import Subprocess

/// Stripe's official Python library, in a virtual environment below the scratch folder of the build.
package enum OfficialLibrary {
  /// The library and all that it needs, so that every machine gets the same.
  package static let packages = [
    "stripe==16.1.0", "requests==2.34.2", "urllib3==2.8.0", "certifi==2026.10.18",
    "charset-normalizer==3.5.2",
    "idna==3.20", "typing_extensions==4.16.0",
  ]

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Sends all requests to the library in one run, and returns its answers in the same order.
  package static func answers(_ wishes: [Value]) async throws -> [Value] {
    let source = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let script = source.joined(separator: "/") + "/Official/webhooks.py"
    let setup = source.dropLast(3).joined(separator: "/") + "/scripts/python.sh"
    let folder = try scratchFolder()
    let made = try await run(
      .name("sh"), arguments: Arguments([setup, "\(folder)/python"] + packages),
      output: .string(limit: 1 << 16),
      error: .string(limit: 1 << 20))
    guard made.terminationStatus.isSuccess, let python = made.standardOutput.split(separator: "\n").last
    else {
      throw Failure(description: "scripts/python.sh failed: \(made.standardError)")
    }
    let lines = wishes.map { $0.json + "\n" }.joined()
    let result = try await run(
      .name("env"), arguments: [String(python), script], input: .string(lines),
      output: .string(limit: 16 << 20),
      error: .string(limit: 1 << 20))
    guard result.terminationStatus.isSuccess else {
      throw Failure(description: "Official/webhooks.py failed: \(result.standardError)")
    }
    let answers = try result.standardOutput.split(separator: "\n").map { try Value(json: String($0)) }
    guard answers.count == wishes.count else { throw Failure(description: "\(answers.count) answers") }
    return answers
  }

  /// `stripe-tests` beside the build's folders of configurations, or below the temporary folder.
  package static func scratchFolder() throws -> String {
    let arguments = CommandLine.arguments
    let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? arguments[0]
    let real = realpath(bundle, nil).map { pointer in
      defer { free(pointer) }
      return String(cString: pointer)
    }
    // …/<triple>/debug/<bundle>
    let parts = (real ?? bundle).split(separator: "/", omittingEmptySubsequences: false)
    let base = parts.count > 4 ? parts.dropLast(3).joined(separator: "/") : "/tmp"
    let folder = "\(base)/stripe-tests"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }
}
