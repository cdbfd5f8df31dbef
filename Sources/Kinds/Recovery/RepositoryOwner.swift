internal import Model
internal import PgBackRest

/// The file in a repository that names its owner.
enum RepositoryOwner {
  static let file = "rendertrust-owner.json"

  /// Nil where there is no file.
  /// - Throws: `repository.owner` for a file that cannot be read: its owner is not known, and nothing is
  ///   written to the repository.
  static func read(_ tool: PgBackRest) throws(BackendError) -> Owner? {
    let text: String?
    do throws(PgBackRestError) { text = try tool.note(named: file) } catch { throw error.backendError }
    guard let text else { return nil }
    guard let value = try? Value(json: text), case .string(let controller)? = value["controller"],
      case .string(let environment)? = value["environment"], case .string(let resource)? = value["resource"],
      let id = ResourceID(resource)
    else {
      throw BackendError(
        code: "repository.owner", "\(tool.settings.repository)/\(file) does not name an owner",
        hint: "restore the file; if nothing else uses the repository, remove it", retry: .afterChange)
    }
    return Owner(controller: controller, environment: environment, resource: id)
  }

  static func write(_ owner: Owner, _ tool: PgBackRest) throws(BackendError) {
    let value = Value.members([
      "controller": .string(owner.controller), "environment": owner.environment.map { .string($0) },
      "resource": .string(owner.resource.description), "stanza": .string(tool.settings.stanza),
    ])
    do throws(PgBackRestError) { try tool.writeNote(value.json + "\n", named: file) } catch {
      throw error.backendError
    }
  }
}
