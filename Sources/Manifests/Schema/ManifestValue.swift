package import Model

/// A type of values in manifests. Scalars, quantities, references, lists and string-keyed maps conform in
/// `ManifestScalars.swift`; objects and sum types describe themselves through `ManifestObject` and
/// `ManifestChoice`.
package protocol ManifestValue: Sendable, Equatable {
  /// The description of the type for people and editors.
  static var shape: Shape { get }
  /// Nil after all problems were reported to `decoder`; decoding then continues with the next field.
  static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Self?
  /// The canonical form. Nil omits the field.
  var manifestValue: Value? { get }
}

/// A map with known keys. The properties' initial values are the defaults.
///
///     struct PriceSpec: ManifestObject {
///       var credits = Credits(micro: 0)
///       var amount: UnitedDollars?
///       static let fields = Fields<Self>("What one Stripe price gives") {
///         Field("credits", \.credits, "Credits that the buyer receives", .required)
///         Field("amount", \.amount, "What Stripe charges, in the map's currency")
///       }
///     }
package protocol ManifestObject: ManifestValue {
  init()
  static var fields: Fields<Self> { get }
  /// Rules between fields; report with `report.error(at: "field", "message", hint: "…")`.
  func validate(_ report: inout FieldReport)
}

extension ManifestObject {
  package func validate(_ report: inout FieldReport) {}
}

/// A sum type, written as a one-key map (`engine: {socket: …}`), or as a bare word where a case has no
/// payload.
///
///     enum EngineSpec: ManifestChoice {
///       case relay, socket(String)
///       static let cases = Cases<Self>("How the engine is reached") {
///         Case("relay", "Through the relay on the node", EngineSpec.relay)
///         Case("socket", "Directly", EngineSpec.socket) {
///           if case .socket(let url) = $0 { url } else { nil }
///         }
///       }
///     }
package protocol ManifestChoice: ManifestValue {
  static var cases: Cases<Self> { get }
}

/// One of several words; the raw values are the words of the manifest.
package protocol ManifestWord: ManifestValue, CaseIterable, RawRepresentable where RawValue == String {
  /// The documentation of each word, for `explain` and editors.
  var meaning: String { get }
}

/// The spec of a kind.
package protocol ManifestSpec: ManifestObject, ResourceSpec {
  /// The kind's name, such as `PriceMap`.
  static var kind: String { get }
  /// Further resources that this one depends on: all of a kind whose labels match.
  var selectors: [ResourceSelector] { get }
  /// Rules that depend on the resource's name. Paths start at the document: `metadata.name`.
  func validate(named name: String, _ report: inout FieldReport)
}

extension ManifestSpec {
  package func validate(named name: String, _ report: inout FieldReport) {}
  package var selectors: [ResourceSelector] { [] }
  package var value: Value { manifestValue ?? .null }
}

/// All resources of a kind with these labels.
package struct ResourceSelector: Hashable, Sendable {
  package let kind: String
  package let labels: [String: String]
  package let effect: Effect

  package enum Effect: Hashable, Sendable {
    /// The matches are applied first; where they fail, the selecting resource waits.
    case waits
    /// The matches are read, not waited for: a change of one is a change of the selecting resource.
    case reads
  }

  package init(kind: String, labels: [String: String] = [:], effect: Effect = .waits) {
    self.kind = kind
    self.labels = labels
    self.effect = effect
  }
}
