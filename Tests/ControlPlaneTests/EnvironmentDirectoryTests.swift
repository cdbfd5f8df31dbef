import Testing

@testable import ControlPlane

/// How the environment of a command is chosen.
@Suite struct EnvironmentDirectoryTests {
  @Test("A name selects an environment; without a name there must be exactly one")
  func resolve() async throws {
    let one = EnvironmentDirectory { ["dev"] }
    let several = EnvironmentDirectory { ["dev", "prod"] }
    #expect(try await one.resolve(nil) == "dev")
    #expect(try await several.resolve("prod") == "prod")
    await expectFailure(of: several, nil, .usage, "dev, prod")
    await expectFailure(of: several, "staging", .usage, "‘staging’")
    await expectFailure(of: EnvironmentDirectory { [] }, nil, .missing, "rendertrust apply")
    await expectFailure(of: EnvironmentDirectory { [] }, "dev", .usage, "no environments")
  }

  private func expectFailure(
    of directory: EnvironmentDirectory, _ name: String?, _ code: OperationError.Code, _ text: String
  ) async {
    let failure = await #expect(throws: OperationError.self) { try await directory.resolve(name) }
    #expect(failure?.code == code && failure?.message.contains(text) == true, "\(failure?.message ?? "")")
  }

  @Test("A value is read again only for another revision, and a failed read keeps the last one")
  func revisionCache() async throws {
    struct Failure: Error {}
    let cache = RevisionCache<String>()
    #expect(cache.last == nil)
    #expect(await cache.value(at: 1) { "first" } == "first")
    #expect(await cache.value(at: 1) { "unread" } == "first")
    await #expect(throws: Failure.self) {
      try await cache.value(at: 2) { () async throws -> String in throw Failure() }
    }
    #expect(cache.last == "first")
    #expect(await cache.value(at: 2) { "second" } == "second")
  }
}
