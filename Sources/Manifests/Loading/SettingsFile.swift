/// A program's settings file: one document of YAML or JSON, which is a subset of YAML.
package enum SettingsFile {
  /// Decodes the file into an object that describes its fields as a spec does; omitted fields keep their
  /// defaults.
  /// - Returns: The object, or every problem with file, line and column. A missing file is a problem too.
  package static func read<Settings: ManifestObject>(_ path: String, as type: Settings.Type) -> Result<
    Settings, InvalidManifest
  > {
    let (file, problem) = SourceFile.read(path, isBase: false)
    guard let file, problem == nil else {
      return .failure(InvalidManifest(diagnostics: problem.map { [$0] } ?? []))
    }
    let parsed = ParsedFiles([file])
    var diagnostics = parsed.diagnostics
    var decoder = ManifestDecoder()
    var settings = Settings()
    if let document = parsed.documents.first?.node, document.kind != .null {
      if let decoded = Settings.decode(document, &decoder) { settings = decoded }
    }
    diagnostics += decoder.diagnostics
    if let second = parsed.documents.dropFirst().first?.node {
      diagnostics.append(
        Diagnostic(
          at: second.location, "a second document",
          hint: "settings are one document: write them into the first"))
    }
    guard diagnostics.contains(where: { $0.severity == .error }) || parsed.isIncomplete else {
      return .success(settings)
    }
    SourceLines.attach(to: &diagnostics, from: [file])
    return .failure(InvalidManifest(diagnostics: diagnostics))
  }
}
