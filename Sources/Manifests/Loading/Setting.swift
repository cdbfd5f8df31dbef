internal import Model

/// The environment of a load, from the manifest that names it.
struct Setting {
  /// `default` where no manifest names it.
  var name = "default"
  var allowsMockGPUs = false
  var variables = Variables([:], isDeclared: false)
  var resource: DecodedResource?
  /// Files of variables; they may lie among the manifests and are not manifests.
  private var variableFiles: Set<String> = []
  /// The environment's own id when it has errors.
  var faulty: Set<ResourceID> = []

  /// Returns the environment, and all documents but its own, in which nothing is replaced.
  static func decode(
    _ documents: [Node], _ schemas: [String: KindSchema], _ files: [SourceFile],
    _ mentioned: inout MentionedFiles, _ diagnostics: inout [Diagnostic]
  ) -> (Setting, others: [Node]) {
    let kinds = schemas.values.filter(\.providesEnvironment).map { Array($0.kind.utf8) }
    guard !kinds.isEmpty else { return (Setting(), documents) }
    var first: Node?
    var others: [Node] = []
    others.reserveCapacity(documents.count)
    for document in documents {
      guard let kind = document["kind"], kinds.contains(where: kind.hasText) else {
        others.append(document)
        continue
      }
      if let first {
        diagnostics.append(
          Diagnostic(
            at: document.location,
            "a folder belongs to one environment; the first one is named at \(first.location)",
            hint: "keep each environment in a folder of its own"))
      } else {
        first = document
      }
    }
    guard let first else { return (Setting(), others) }
    let setting = Setting(first, schemas, files, &mentioned, &diagnostics)
    if !setting.variableFiles.isEmpty {
      others.removeAll { setting.variableFiles.contains($0.location.file) }
    }
    return (setting, others)
  }

  private init() {}

  private init(
    _ document: Node, _ schemas: [String: KindSchema], _ files: [SourceFile],
    _ mentioned: inout MentionedFiles, _ diagnostics: inout [Diagnostic]
  ) {
    var decoder = ManifestDecoder()
    let schema = Envelope.schema(of: document, among: schemas, &decoder)
    var values: [String: String] = [:]
    resource = schema?.decode(document, &decoder)
    if let resource, let spec = resource.resource.spec as? any EnvironmentProviding {
      let settings = spec.environmentSettings
      name = resource.resource.id.name
      allowsMockGPUs = settings.allowsMockGPUs
      for path in settings.variableFiles {
        let location = Setting.location(of: path, mentionedIn: document, files)
        variableFiles.insert(location)
        let read = mentioned.read(location)
        values.merge(Setting.variables(in: path, of: document, read, &decoder, &diagnostics)) { $1 }
      }
      values.merge(settings.variables) { $1 }
    } else if let id = ParsedDocument(node: document, isBase: false).id {
      faulty = [id]
    }
    variables = Variables(values, isDeclared: true)
    diagnostics += decoder.diagnostics
  }

  /// The path of a file, relative to the manifest that mentions it.
  private static func location(of path: String, mentionedIn document: Node, _ files: [SourceFile]) -> String {
    guard !path.hasPrefix("/") else { return path }
    let mention = document.firstScalar(path) ?? document
    return (files.first { $0.name == mention.location.file }?.folder ?? "") + path
  }

  /// The variables of a file, which is a flat map of names to texts.
  private static func variables(
    in path: String, of document: Node, _ read: MentionedFiles.Reading, _ decoder: inout ManifestDecoder,
    _ diagnostics: inout [Diagnostic]
  ) -> [String: String] {
    let mention = document.firstScalar(path) ?? document
    let (file, problem) = read
    guard let file, problem == nil else {
      decoder.error(
        mention, problem?.message ?? "‘\(path)’ cannot be read",
        hint: "run `make images`, which writes the digests of the images that it builds")
      return [:]
    }
    var problems: [Diagnostic] = []
    let parsed = ParsedFiles([file])
    problems += parsed.diagnostics
    var inner = ManifestDecoder()
    var values: [String: String] = [:]
    for document in parsed.documents {
      values.merge([String: String].decode(document.node, &inner) ?? [:]) { $1 }
    }
    problems += inner.diagnostics
    SourceLines.attach(to: &problems, from: [file])
    diagnostics += problems
    return values
  }
}

extension Node {
  /// The first scalar below this node with exactly this text.
  fileprivate func firstScalar(_ text: String) -> Node? {
    let bytes = Array(text.utf8)
    for index in self.index..<Int(record.end) {
      let node = Node(tape, index)
      if node.kind == .scalar, node.hasText(bytes) { return node }
    }
    return nil
  }
}
