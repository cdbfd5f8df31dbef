package import Billing
package import ContainerSupport
import ControllerState
import Databases
import Delivery
import DockerEngine
package import HTTP
import JobStore
package import KindSupport
package import Ledger
import Manifests
package import Model
import Modules
import Nodes
import PgBackRest
package import Postgres
import Reconciling
import Recovery
import SchedulerKind
import Services

/// The clients and stores that the kinds use. Creating them opens no connection.
package struct Foundations: Sendable {
  package let stateFolder: String
  package let server: PostgresServer
  /// Restarts the private server while a `StateSession` is open.
  package let supervisor: ServerSupervisor
  package let connector: DatabaseConnector
  package let workloads: ContainerToolkit
  /// The jobs that the containers of modules run.
  package let work: any WorkDirectory
  package let http: HTTPClient
  package let environmentPrices: EnvironmentPrices
  package let secrets: SecretResolver
  package let exports: ExportStores

  /// - Parameters:
  ///   - stateFolder: absolute.
  ///   - engine: the engine of this machine; nil: that of the environment of this process.
  ///   - environmentPrices: nil: the prices in the environment of this process.
  ///   - report: receives a sentence when the private server has ended, waits, or is back.
  package init(
    stateFolder: String, engine: EngineAddress? = nil, environmentPrices: EnvironmentPrices? = nil,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(OperationError) {
    self.stateFolder = stateFolder
    if let environmentPrices {
      self.environmentPrices = environmentPrices
    } else {
      self.environmentPrices = try EnvironmentPrices.current()
    }
    let server = PostgresServer(stateFolder: stateFolder, report: report)
    let secrets = SecretResolver()
    self.server = server
    supervisor = ServerSupervisor(server, report: report)
    self.secrets = secrets
    let connector = DatabaseConnector(server: server, connections: 16) { reference in
      try await secrets.resolve(reference)
    }
    self.connector = connector
    let http = HTTPClient()
    self.http = http
    let local: EngineAddress
    if let engine { local = engine } else { local = try Foundations.localEngine(stateFolder: stateFolder) }
    let engines = EnginePool(local: local) { address throws(BackendError) in
      DockerHost(DockerEngine(endpoint: try Foundations.endpoint(address), client: http))
    }
    let resolve: ExportStores.Secrets = { reference throws(BackendError) in
      do throws(SecretError) { return try await secrets.resolve(reference) } catch {
        throw error.backendError
      }
    }
    let work = JobWorkDirectory(now: TimeSource.real.now) { address throws(PostgresError) in
      try await connector.pool(for: address)
    }
    self.work = work
    workloads = ContainerToolkit(
      engines: engines, probe: HealthProbe.over(http), secrets: resolve, work: work)
    exports = ExportStores(stateFolder: stateFolder, http: http, secrets: resolve)
  }

  /// `DOCKER_HOST`, otherwise the engine of this machine, otherwise the private one of `make up` in the state
  /// folder.
  private static func localEngine(stateFolder: String) throws(OperationError) -> EngineAddress {
    if let text = Environment["DOCKER_HOST"] {
      do throws(DockerError) {
        switch try EngineEndpoint(parsing: text).address {
        case .unix(let path): return .unix(path: path)
        case .tcp(let host, let port): return .tcp(host: host, port: port)
        }
      } catch {
        throw .usage("DOCKER_HOST: \(error)")
      }
    }
    let standard = "/var/run/docker.sock"
    let own = stateFolder + "/docker/docker.sock"
    return .unix(path: !Files.exists(standard) && Files.exists(own) ? own : standard)
  }

  private static func endpoint(_ address: EngineAddress) throws(BackendError) -> EngineEndpoint {
    switch address {
    case .local: return .standard
    case .unix(let path): return EngineEndpoint(.unix(path))
    case .tcp(let host, let port): return EngineEndpoint(.tcp(host: host, port: port))
    }
  }
}

extension Platform {
  /// The migrations of declared databases.
  package static var databaseMigrations: [Migrations.Migration] {
    Billing.migrations + Ledger.migrations + JobStore.migrations
  }

  /// Registers the kinds of all modules.
  /// - Parameter state: the controller's own database.
  package init(_ foundations: Foundations, state: PostgresPool) throws(PostgresError) {
    let workloads = foundations.workloads
    let connector = foundations.connector
    var kinds = try Databases.kinds(
      connector: connector, migrations: Platform.databaseMigrations)
    kinds += Ledger.kinds(connector: connector, stores: foundations.exports)
    kinds += Billing.kinds(
      connector: connector, environmentPrices: foundations.environmentPrices,
      clients: { await foundations.stripeClient($0) })
    kinds += Recovery.kinds(server: foundations.server, stateFolder: foundations.stateFolder)
    kinds += Delivery.kinds(state: state)
    kinds += Nodes.kinds(workloads)
    kinds += Services.kinds(workloads)
    kinds += Modules.kinds(workloads)
    kinds += SchedulerKind.kinds(connector: connector, stateFolder: foundations.stateFolder)
    self.kinds = kinds
  }

  /// The same kinds with clients that are never used, for commands that read manifests only.
  package static func schemasOnly() throws(OperationError) -> Platform {
    let unused = PostgresPool(PostgresConfiguration(socketFolder: "/nonexistent", database: "none"))
    let foundations = try Foundations(stateFolder: "/nonexistent", environmentPrices: EnvironmentPrices.none)
    do throws(PostgresError) {
      return try Platform(foundations, state: unused)
    } catch {
      throw .failed(error.description)
    }
  }

  package func jsonSchema(of kind: String?) throws(OperationError) -> Value {
    guard let kind else { return JSONSchema.schema(for: kinds.schemas) }
    guard let schema = kinds[kind]?.schema else {
      throw .usage(
        "there is no kind ‘\(kind)’; the kinds are \(kinds.map(\.name).sorted().joined(separator: ", "))")
    }
    return JSONSchema.schema(for: schema)
  }

  package func explanation(of path: String) throws(OperationError) -> String {
    do throws(Explain.Unknown) {
      return try Explain(kinds: kinds.schemas).text(path: path)
    } catch {
      throw .usage(error.description)
    }
  }
}
