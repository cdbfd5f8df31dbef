package import Model

/// A type that can stand in a manifest. Scalars, quantities, references, lists and string-keyed maps conform in
/// `ManifestScalars.swift`; objects and sum types describe themselves through `ManifestObject` and `ManifestChoice`.
package protocol ManifestValue: Sendable, Equatable {
  /// What people and editors are told about the type.
  static var shape: Shape { get }
  /// Nil after every problem was reported to `decoder` with its place; decoding then goes on with the next field.
  static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Self?
  /// Canonical form. Nil leaves the field out.
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

/// A sum type, written as a one-key map (`engine: {socket: …}`), or as a bare word where a case has no payload.
///
///     enum EngineSpec: ManifestChoice {
///       case relay, socket(String)
///       static let cases = Cases<Self>("How the engine is reached") {
///         Case("relay", "Through the relay on the node", EngineSpec.relay)
///         Case("socket", "Directly", EngineSpec.socket) { if case .socket(let url) = $0 { url } else { nil } }
///       }
///     }
package protocol ManifestChoice: ManifestValue {
  static var cases: Cases<Self> { get }
}

/// One of a few words; `Words` raw values are what stands in the manifest.
package protocol ManifestWord: ManifestValue, CaseIterable, RawRepresentable where RawValue == String {
  /// What each word means, for `explain` and editors.
  var meaning: String { get }
}

/// The spec of a kind.
package protocol ManifestSpec: ManifestObject, ResourceSpec {
  /// The kind's name, such as `PriceMap`.
  static var kind: String { get }
  /// Resources that it is built on beyond those that are mentioned: all of a kind whose labels match.
  var selectors: [ResourceSelector] { get }
}

extension ManifestSpec {
  package var selectors: [ResourceSelector] { [] }
  package var value: Value { manifestValue ?? .null }
}

/// All resources of a kind that carry these labels.
package struct ResourceSelector: Hashable, Sendable {
  package let kind: String
  package let labels: [String: String]
  package let effect: Effect

  package enum Effect: Hashable, Sendable {
    /// They are made first; where they cannot be, neither can what selects them.
    case waits
    /// They are read, not waited for: when one of them changes, so has what selects them.
    case reads
  }

  package init(kind: String, labels: [String: String] = [:], effect: Effect = .waits) {
    self.kind = kind
    self.labels = labels
    self.effect = effect
  }
}
