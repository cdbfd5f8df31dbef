internal import Model

/// What one document was decoded to.
struct DecodedDocument: Sendable {
  enum Result: Sendable {
    case resource(DecodedResource)
    /// It has errors.
    case faulty(ResourceID)
    /// It has errors and does not even say its name.
    case nameless
  }

  let result: Result
  let diagnostics: [Diagnostic]

  init(_ document: Node, _ schemas: [String: KindSchema], _ variables: Variables) {
    var decoder = ManifestDecoder()
    let node = variables.applied(to: document, &decoder)
    let schema = Envelope.schema(of: node, among: schemas, &decoder)
    // A text with unknown variables would only lead to more problems.
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

/// The resources that documents describe, and what is wrong with the others.
struct DecodedDocuments {
  private var decoded: [DecodedResource] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// Resources that are there but have errors.
  private(set) var faulty: Set<ResourceID> = []
  /// False where a faulty document does not even say its name.
  private(set) var isEveryNameKnown = true

  private static let sliceSize = 256

  /// - Parameter keepsDecoded: whether the documents' tapes remember what was decoded, and are asked first.
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

  /// All resources, each id once, with what their selectors match among their references or, where it is only read, in
  /// their digest.
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

  /// What the selectors match enters the digest: what a resource is built on is part of what was applied.
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
