import Glibc
import HTTP
import Model

/// A folder for one test; gone when let go of.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/rt-http-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("mkdtemp", errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in ["s", "certificate.pem", "key.pem"] { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}

struct NeverHappened: Error {}

/// Evaluates the condition every five milliseconds, for up to ten seconds.
func eventually(_ condition: () async -> Bool) async throws {
  for _ in 0..<2000 {
    if await condition() { return }
    try await Task.sleep(for: .milliseconds(5))
  }
  throw NeverHappened()
}

/// Waits until a number has been the same in 20 reads in a row.
func standsStill(_ number: () -> Int) async throws {
  var (last, repeats) = (-1, 0)
  try await eventually {
    repeats = number() == last ? repeats + 1 : 0
    last = number()
    return repeats == 20
  }
}

/// The code of the error that the work throws; nil if it throws none or another one.
func code(_ work: () async throws -> Void) async -> HTTPError.Code? {
  do {
    try await work()
    return nil
  } catch {
    return (error as? HTTPError)?.code
  }
}
