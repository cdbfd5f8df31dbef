import Glibc
import PostgresSupport
import Recovery
import Testing

@Suite("Repositories and the data folder") struct RepositoryPlaceTests {
  @Test("A repository beside the data folder is separate")
  func separate() {
    for repository in ["/srv/backups", "/state/backups", "/state/postgres/data-old", "/state/postgres/dat"] {
      #expect(RepositoryPlace(repository: repository, data: "/state/postgres/data") == .separate)
    }
  }

  @Test("Repositories inside and around the data folder are distinguished")
  func insideAndAround() {
    let data = "/state/postgres/data"
    for repository in [data, "\(data)/", "\(data)/backups", "/state//postgres/./data/backups"] {
      #expect(
        RepositoryPlace(repository: repository, data: data)
          == .insideDataFolder(repository: repository, data: data))
    }
    for repository in ["/", "/state", "/state/postgres/"] {
      #expect(
        RepositoryPlace(repository: repository, data: data)
          == .aroundDataFolder(repository: repository, data: data))
    }
  }

  @Test("Links are followed, also above a folder that does not exist yet")
  func links() async throws {
    try await TestFolder.with { folder in
      let data = "\(folder)/data"
      #expect(mkdir(data, 0o700) == 0)
      #expect(symlink(data, "\(folder)/link") == 0)
      let repository = "\(folder)/link/new/backups"
      #expect(
        RepositoryPlace(repository: repository, data: data)
          == .insideDataFolder(repository: repository, data: data))
    }
  }
}
