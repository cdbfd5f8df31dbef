internal import KindSupport
internal import Manifests
internal import Model
internal import Postgres

/// Imports recorded prices that no declared map owns. Rows belong to a map by name, so a map is imported
/// under the name of its rows, and no row is changed.
struct PriceMapImport: Sendable {
  let pools: DatabasePools

  func find(_ request: ImportRequest, _ context: ReconcileContext) async -> Result<
    Imported<PriceMapSpec>, BackendError
  > {
    do throws(BackendError) {
      return .success(try await imported(request, context))
    } catch {
      return .failure(error)
    }
  }

  private func imported(
    _ request: ImportRequest, _ context: ReconcileContext
  ) async throws(BackendError) -> Imported<PriceMapSpec> {
    var spec = PriceMapSpec()
    if let database = request.database { spec.database = KindReference(database) }
    guard let offer = context.offers.databases[spec.database.id] else {
      throw BackendError(
        code: "database.undeclared", "\(spec.database) is not declared",
        hint: "pass the folder with its manifest, or another database with --in", retry: .afterChange)
    }
    let current = try await current(at: offer.address)
    guard let entries = current[request.id.name], let first = entries.first else {
      throw PriceMapImport.missing(request, current)
    }
    if let other = entries.first(where: { $0.currency != first.currency || $0.effective != first.effective })
    {
      throw BackendError(
        code: "import.mixed",
        "\(other.priceID) and \(first.priceID) of \(request.id) differ in currency or effective time, "
          + "which one map cannot declare",
        hint: "an import never changes rows: assign some of them to another map by hand", retry: .afterChange)
    }
    if let currency = request.currency, currency != first.currency {
      throw BackendError(
        code: "import.currency", "the prices of \(request.id) are in \(first.currency), not in \(currency)",
        hint: "omit --currency, or pass \(first.currency)", retry: .afterChange)
    }
    spec.fill(from: entries)
    return Imported(spec)
  }

  private func current(at address: DatabaseAddress) async throws(BackendError) -> [String: [PriceEntry]] {
    let store: PriceMapStore
    do throws(PostgresError) { store = PriceMapStore(try await pools(address)) } catch {
      throw error.backendError
    }
    do throws(PostgresError) {
      return try await store.current(maps: nil, prices: [])
    } catch {
      if await store.provesAbsence(error) { return [:] }
      throw error.backendError
    }
  }

  private static func missing(_ request: ImportRequest, _ current: [String: [PriceEntry]]) -> BackendError {
    let unowned = current.filter {
      !request.known.contains(ResourceID(kind: PriceMapSpec.kind, name: $0.key))
    }
    .sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value.count))" }
    return BackendError(
      code: "import.missing", "no current price belongs to a map \(request.id.name)",
      hint: unowned.isEmpty
        ? "every recorded price already has a PriceMap"
        : "maps without a PriceMap, with their prices: \(unowned.joined(separator: ", ")); "
          + "they keep their names",
      retry: .afterChange)
  }
}
