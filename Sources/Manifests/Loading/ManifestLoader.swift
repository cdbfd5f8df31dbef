package import Model

/// Loads manifests and verifies everything that can be verified without changing anything.
///
/// Synchronous; uses all cores. 100,000 documents take about a second.
package struct ManifestLoader: Sendable {
  private let schemas: [String: KindSchema]
  private let checks: [ManifestCheck]

  /// - Parameter checks: rules between resources, besides those of references.
  package init(kinds: [KindSchema], checks: [ManifestCheck] = []) {
    self.checks = checks
    schemas = Dictionary(kinds.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Loads files, folders and, as `-`, standard input.
  ///
  /// Of a folder, its own `*.yaml` and `*.yml` files are loaded by name, not those of folders inside it.
  /// Where a sibling folder named `base` exists, the folder's documents are merged into the base's by kind
  /// and name; see `Overlay`. An empty folder is valid; a missing path, an empty file, and a manifest with
  /// almost the right file name (`NearMisses`) are errors. All problems are reported at once.
  package func load(paths: [String]) -> LoadResult {
    let (files, problems) = SourceFolder.read(paths)
    var none: Variables?
    return load(files, problems, ParsedFiles(files), &none)
  }

  /// Loads paths that are loaded repeatedly: files that have not changed since the last load with this cache
  /// are not read, parsed or decoded again. The result is that of `load(paths:)`.
  package func load(paths: [String], reusing cache: inout ManifestCache) -> LoadResult {
    let (files, problems) = SourceFolder.read(paths, known: cache.filesByName)
    let parsed = ParsedFiles(files, known: cache.parsed(of: files))
    cache.replace(files, parsed)
    return load(files, problems, parsed, &cache.variables)
  }

  /// Loads one text, which unlike a file may be empty.
  /// - Parameter name: The file name in locations.
  package func load(text: String, name: String) -> LoadResult {
    let file = SourceFile(name: name, folder: "", bytes: Array(text.utf8), isBase: false, isComplete: true)
    var none: Variables?
    return load([file], [], ParsedFiles([file]), &none, allowsBlank: true)
  }

  /// The files of these paths and those that their environment mentions, so that another process can load
  /// them. The problems are read errors; errors in the text are found by loading.
  package func bundle(paths: [String]) -> (bundle: ManifestBundle, problems: [Diagnostic]) {
    let (files, problems) = SourceFolder.read(paths)
    var others: [Diagnostic] = []
    var mentioned = MentionedFiles()
    let documents = layered(ParsedFiles(files).documents, files, &others)
    _ = Setting.decode(documents, schemas, files, &mentioned, &others)
    let (bundle, unreadable) = ManifestBundle.of(files, mentioned: mentioned.taken)
    return (bundle, problems + unreadable)
  }

  /// Loads files that another process read. Opens no file of this machine.
  package func load(_ bundle: ManifestBundle) -> LoadResult {
    let files = bundle.sources
    var none: Variables?
    return load(
      files, [], ParsedFiles(files), &none, mentioned: MentionedFiles(kept: bundle.mentionedSources))
  }

  /// - Parameter known: The variables of the last load, which compare cheaply with unchanged ones; nil where
  ///   decoded documents are not stored.
  private func load(
    _ files: [SourceFile], _ problems: [Diagnostic], _ parsed: ParsedFiles, _ known: inout Variables?,
    mentioned: MentionedFiles = MentionedFiles(), allowsBlank: Bool = false
  ) -> LoadResult {
    let blank = allowsBlank ? [] : files.filter(\.isBlank)
    let problems = problems + blank.map(\.blankProblem)
    var diagnostics = problems
    var mentioned = mentioned
    diagnostics +=
      blank.isEmpty ? parsed.diagnostics : parsed.diagnostics(besides: Set(blank.map(\.name)), files)
    let documents = layered(parsed.documents, files, &diagnostics)
    let (environment, others) = Setting.decode(documents, schemas, files, &mentioned, &diagnostics)
    let variables = known == environment.variables ? known ?? environment.variables : environment.variables
    var decoded = DecodedDocuments(others, schemas, variables, keepsDecoded: known != nil)
    if known != nil { known = variables }
    decoded.append(environment.resource)
    diagnostics += decoded.diagnostics
    let resources = decoded.resolved(&diagnostics)
    var check = ReferenceCheck(resources)
    let isEveryNameKnown = !parsed.isIncomplete && problems.isEmpty && decoded.isEveryNameKnown
    if isEveryNameKnown { check.reportMissing(besides: decoded.faulty.union(environment.faulty)) }
    check.reportCycles()
    diagnostics += check.diagnostics
    if !checks.isEmpty {
      let documents = decoded.documents
      for check in checks {
        diagnostics += check.diagnostics(of: resources, in: environment.name, documents)
      }
    }
    SourceLines.attach(to: &diagnostics, from: files)
    let isFine = !diagnostics.contains { $0.severity == .error }
    let desired =
      isFine
      ? DesiredState(
        environment: environment.name, allowsMockGPUs: environment.allowsMockGPUs, resources: resources) : nil
    return LoadResult(desired: desired, diagnostics: diagnostics)
  }

  private func layered(
    _ documents: [ParsedDocument], _ files: [SourceFile], _ diagnostics: inout [Diagnostic]
  ) -> [Node] {
    guard files.contains(where: \.isBase) else { return documents.map(\.node) }
    var overlay = Overlay(schemas: schemas, files: files.map(\.name))
    let nodes = overlay.merge(documents)
    diagnostics += overlay.diagnostics
    return nodes
  }
}

package struct LoadResult: Sendable {
  /// Nil when there is an error.
  package let desired: DesiredState?
  /// Sorted by location; warnings do not prevent `desired`.
  package let diagnostics: [Diagnostic]
}
