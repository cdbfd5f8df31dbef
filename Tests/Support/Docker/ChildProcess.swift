import FoundationEssentials
import Glibc

/// Programs that tests run until they exit.
package enum ChildProcess {
  /// Runs a program without blocking the cooperative thread pool.
  /// - Parameter input: its standard input; nil for `/dev/null`.
  /// - Throws: the program's output where it exits with another code than 0.
  package static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], input: Int32? = nil
  ) async throws {
    var template = Array("/tmp/rt-output-XXXXXX".utf8CString)
    let output = mkstemp(&template)
    guard output >= 0 else { throw SupportError("mkstemp failed: \(errno)") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      close(output)
      unlink(path)
    }
    let child = try spawn([program] + arguments, environment: environment, input: input, output: output)
    let status = await withCheckedContinuation { continuation in
      Thread.detach {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        continuation.resume(returning: status)
      }
    }
    guard status == 0 else {
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      throw SupportError("\(program) \(arguments.joined(separator: " ")) failed (\(status >> 8)): \(text)")
    }
  }

  /// Starts a program in its own session. A descriptor that is nil is `/dev/null`.
  static func spawn(
    _ line: [String], environment: [String: String] = [:], input: Int32? = nil, output: Int32? = nil
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    if let output {
      posix_spawn_file_actions_adddup2(&actions, output, 1)
      posix_spawn_file_actions_adddup2(&actions, output, 2)
    } else {
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // POSIX_SPAWN_SETSID; the C header hides it behind a feature macro.
    posix_spawnattr_setflags(&attributes, 0x80)

    var variables: [String] = []
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if environment[String(text.prefix { $0 != "=" })] == nil { variables.append(text) }
      next += 1
    }
    variables += environment.map { "\($0.key)=\($0.value)" }
    let arguments = line.map { strdup($0) } + [nil]
    let block = variables.map { strdup($0) } + [nil]
    defer { for pointer in arguments + block { free(pointer) } }
    var child = pid_t()
    let failure = posix_spawn(&child, line[0], &actions, &attributes, arguments, block)
    guard failure == 0 else { throw SupportError("\(line[0]) cannot be started: \(failure)") }
    return child
  }
}

/// A thread for a blocking call.
enum Thread {
  private final class Box: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }

  static func detach(_ work: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Box(work)).toOpaque()
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Box>.fromOpaque(context).takeRetainedValue().work()
        return nil
      }, context)
    pthread_detach(thread)
  }
}
