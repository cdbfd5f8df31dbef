import Manifests
import Model

struct PriceSpec: ManifestObject {
  var credits = Credits(micro: 0)
  var amount: Amount?
  static let fields = Fields<Self>("What one Stripe price gives") {
    Field("credits", \.credits, "Credits that the buyer receives", .required, .above(Credits(micro: 0)))
    Field("amount", \.amount, "What Stripe charges, in the map's currency")
  }
}

enum Currency: String, ManifestWord {
  case usd, eur
  var meaning: String {
    switch self {
    case .usd: "United States dollars"
    case .eur: "Euros"
    }
  }
}

/// A map of prices, as it stands in tens of thousands.
struct PriceMapSpec: ManifestSpec {
  static let kind = "PriceMap"
  var currency = Currency.usd
  var prices: [String: PriceSpec] = [:]
  var effective: Timestamp?
  var database: KindReference?
  static let fields = Fields<Self>("Which Stripe prices give how many credits") {
    Field("currency", \.currency, "Currency of all amounts")
    Field("prices", \.prices, "Price ids and what they give", .required, .nonEmpty)
    Field("effective", \.effective, "When the map takes effect; at once where it is left out")
    Field("database", \.database, "Where the prices live", .refersTo("Database"))
  }
}

enum DatabaseEngine: ManifestChoice {
  case embedded(Embedded)
  case external(SecretReference)
  case relay
  struct Embedded: ManifestObject {
    var version = 15
    static let fields = Fields<Self>("A private server") {
      Field("version", \.version, "Major version", .range(13...17))
    }
  }
  static let cases = Cases<Self>("Where the server is") {
    Case("embedded", "The controller's private server", DatabaseEngine.embedded) {
      if case .embedded(let value) = $0 { value } else { nil }
    }
    Case("external", "A server run elsewhere", DatabaseEngine.external) {
      if case .external(let value) = $0 { value } else { nil }
    }
    Case("relay", "Through the relay", DatabaseEngine.relay)
  }
}

struct DatabaseSpec: ManifestSpec {
  static let kind = "Database"
  var engine = DatabaseEngine.embedded(.init())
  var memory = ByteCount(bytes: 256 << 20)
  var timeout = TimeSpan(seconds: 30)
  var cores = CoreCount(cores: 1)
  var replicas = 1
  var isLogged = true
  var image: ImageReference?
  var port: Port = 5432
  var backup: CronSchedule?
  var names: [String] = []
  var after: [KindReference] = []
  var share: Percentage?
  var health: HTTPPath = "/health"
  var nodes: [String: String] = [:]
  var folder: String?
  var command: [String]?
  static let fields = Fields<Self>("A PostgreSQL database") {
    Field("engine", \.engine, "Where the server is")
    Field("memory", \.memory, "Memory of the server", .min(ByteCount(bytes: 1 << 20)))
    Field("timeout", \.timeout, "How long to wait")
    Field("cores", \.cores, "Cores of the server")
    Field("replicas", \.replicas, "How many copies run", .range(0...100))
    Field("logged", \.isLogged, "Whether statements are logged")
    Field("image", \.image, "The server's image", .pinned)
    Field("port", \.port, "Where it listens")
    Field("backup", \.backup, "When backups are made")
    Field("names", \.names, "Names of schemas", .unique(), .each(.dnsLabel))
    Field("after", \.after, "What must exist first", .refersTo("Database", "Environment"))
    Field("share", \.share, "Share of the disk")
    Field("health", \.health, "Health check")
    Field("nodes", \.nodes, "Labels of databases that come first")
    Field("folder", \.folder, "Where its backups are stored")
    Field("command", \.command, "Arguments of a program", .freeText)
  }
  var selectors: [ResourceSelector] {
    nodes.isEmpty ? [] : [ResourceSelector(kind: "Database", labels: nodes)]
  }
  func validate(_ report: inout FieldReport) {
    if replicas > 1, case .relay = engine {
      report.error(at: "replicas", "‘replicas’ must be 1 through a relay", hint: "remove the field")
    }
  }
}

struct EnvironmentSpec: ManifestSpec, EnvironmentProviding {
  static let kind = "Environment"
  var variables: [String: String] = [:]
  var variableFiles: [String] = []
  var mockGPUs = false
  static let fields = Fields<Self>("Where the others live") {
    Field("variables", \.variables, "What stands for `${name}`")
    Field("variableFiles", \.variableFiles, "More variables")
    Field("mockGPUs", \.mockGPUs, "Whether GPUs may be pretended")
  }
  var environmentSettings: EnvironmentSettings {
    EnvironmentSettings(variables: variables, variableFiles: variableFiles, allowsMockGPUs: mockGPUs)
  }
}
