internal import Model

/// The result of decoding one document.
struct DecodedDocument: Sendable {
  enum Result: Sendable {
    case resource(DecodedResource)
    /// A document with errors.
    case faulty(ResourceID)
    /// A document with errors that has no readable kind and name.
    case nameless
  }

  let result: Result
  let diagnostics: [Diagnostic]

  init(_ document: Node, _ schemas: [String: KindSchema], _ variables: Variables) {
    var decoder = ManifestDecoder()
    let node = variables.applied(to: document, &decoder)
    let schema = Envelope.schema(of: node, among: schemas, &decoder)
    // A text with unknown variables would only lead to further errors.
    let resource = decoder.diagnostics.isEmpty ? schema?.decode(node, &decoder) : nil
    if let resource {
      result = .resource(resource)
    } else if let id = ParsedDocument(node: node, isBase: false).id {
      result = .faulty(id)
    } else {
      result = .nameless
    }
    diagnostics = decoder.diagnostics
  }
}

/// The resources of all documents, and the errors of the others.
struct DecodedDocuments {
  private var decoded: [DecodedResource] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// Resources whose documents have errors.
  private(set) var faulty: Set<ResourceID> = []
  /// False when a faulty document has no readable kind and name.
  private(set) var isEveryNameKnown = true

  private static let sliceSize = 256

  /// - Parameter keepsDecoded: Whether decoded documents are stored in their tapes and taken from there.
  init(
    _ documents: [Node], _ schemas: [String: KindSchema], _ variables: Variables, keepsDecoded: Bool
  ) {
    let slices = Parallel.slices(of: documents.count, size: DecodedDocuments.sliceSize)
    let results = Parallel.map(slices) { slice in
      documents[slice].map { document in
        guard keepsDecoded else { return DecodedDocument(document, schemas, variables) }
        if let known = document.tape.decoded.document(at: document.index, with: variables) { return known }
        let decoded = DecodedDocument(document, schemas, variables)
        document.tape.decoded.note(decoded, at: document.index, with: variables)
        return decoded
      }
    }
    decoded.reserveCapacity(documents.count)
    for outcome in results.joined() { add(outcome) }
  }

  private mutating func add(_ outcome: DecodedDocument) {
    switch outcome.result {
    case .resource(let resource): decoded.append(resource)
    case .faulty(let id): faulty.insert(id)
    case .nameless: isEveryNameKnown = false
    }
    diagnostics += outcome.diagnostics
  }

  mutating func append(_ resource: DecodedResource?) {
    if let resource { decoded.append(resource) }
  }

  /// The document of each resource; the first where a resource stands twice.
  var documents: [ResourceID: Node] {
    Dictionary(decoded.lazy.map { ($0.resource.id, $0.document) }, uniquingKeysWith: { first, _ in first })
  }

  /// Returns all resources, each id once. What a selector matches is added to the references or, where it is
  /// only read, to the digest.
  func resolved(_ diagnostics: inout [Diagnostic]) -> [AnyResource] {
    var positions: [ResourceID: Int] = [:]
    positions.reserveCapacity(decoded.count)
    var resources: [AnyResource] = []
    resources.reserveCapacity(decoded.count)
    var selecting: [(position: Int, selectors: [ResourceSelector])] = []
    for item in decoded {
      let id = item.resource.id
      if let first = positions.updateValue(resources.count, forKey: id) {
        positions[id] = first
        diagnostics.append(
          .declaredTwice(id, at: item.resource.location, firstAt: resources[first].location))
        continue
      }
      if !item.selectors.isEmpty { selecting.append((resources.count, item.selectors)) }
      resources.append(item.resource)
    }
    guard !selecting.isEmpty else { return resources }
    let byKind = Dictionary(grouping: resources, by: \.id.kind).mapValues { $0.sorted { $0.id < $1.id } }
    for (position, selectors) in selecting {
      resources[position] = DecodedDocuments.adding(selectors, to: resources[position], byKind)
    }
    return resources
  }

  /// Adds matched resources to the digest, because a resource depends on what its selectors match.
  private static func adding(
    _ selectors: [ResourceSelector], to resource: AnyResource, _ byKind: [String: [AnyResource]]
  ) -> AnyResource {
    var references = resource.references
    var read: [String] = []
    for selector in selectors {
      for candidate in byKind[selector.kind] ?? [] where candidate.id != resource.id {
        guard selector.labels.allSatisfy({ candidate.metadata.labels[$0.key] == $0.value }) else { continue }
        guard selector.effect == .waits else {
          read.append("\(candidate.id) \(candidate.digest.hex)")
          continue
        }
        references.append(
          Reference(target: candidate.id, path: "spec (selector)", location: resource.location))
      }
    }
    guard references.count > resource.references.count || !read.isEmpty else { return resource }
    let targets = (Set(references.lazy.map(\.target.description)).sorted() + read).joined(separator: " ")
    return AnyResource(
      id: resource.id, metadata: resource.metadata, spec: resource.spec, references: references,
      location: resource.location, digest: Digest(of: "\(resource.digest.hex) \(targets)"))
  }
}
