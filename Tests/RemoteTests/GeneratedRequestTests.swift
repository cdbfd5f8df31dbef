import FoundationEssentials
import Glibc
import Model
import PostgresSupport
import Subprocess
import Testing

@testable import ControlPlane

extension Remote {
  /// Requests that are generated from the API description, to a running server with a ledger and a scheduler.
  @Suite struct GeneratedRequests {
    private static let manifests = """
      apiVersion: rendertrust.com/v1
      kind: Environment
      metadata: {name: dev}
      spec: {mockGPUs: true}
      ---
      apiVersion: rendertrust.com/v1
      kind: Database
      metadata: {name: platform}
      spec: {embedded: {}}
      ---
      apiVersion: rendertrust.com/v1
      kind: Ledger
      metadata: {name: credits}
      spec: {payouts: {cpuMinute: 0.1}}
      ---
      apiVersion: rendertrust.com/v1
      kind: Scheduler
      metadata: {name: global}
      spec: {}
      ---
      apiVersion: rendertrust.com/v1
      kind: Module
      metadata: {name: echo}
      spec:
        jobType: echo
        image: "example.com/echo:1.0@sha256:\(String(repeating: "a", count: 64))"
        serves: {stdio: {}}
        developer: account/dev
        price: {credits: 0.1, per: job}
        placement: {replicas: 0}
      ---
      apiVersion: rendertrust.com/v1
      kind: Node
      metadata: {name: north}
      spec: {owner: account/owner, engine: {relay: {}}, cores: 4, memory: 4Gi, slots: 4}
      """

    /// Starts the server on `$1`/dev, creates a token of each role, and generates requests for `$4` seconds.
    private static let script = """
      set -eu
      work=$1 program=$2 python=$3 seconds=$4 check=$5
      "$program" server "$work/dev" --state "$work/state" --listen "unix://$work/g.sock" \
        --api-listen 127.0.0.1:0 --api-rate unlimited --access-log off >"$work/log" 2>&1 &
      server=$!
      trap 'kill $server 2>/dev/null; wait $server || true' EXIT
      for _ in $(seq 300); do
        "$program" healthz --ready --listen "unix://$work/g.sock" >/dev/null 2>&1 && break
        kill -0 $server
        sleep 0.2
      done
      url=http://$(grep 'serving the API' "$work/log" | grep -o '127.0.0.1:[0-9]*')
      token() { "$program" token create "$@" --state "$work/state" 2>/dev/null; }
      "$program" credits grant ada 1000 --key a --state "$work/state" >/dev/null
      "$python" "$check" fuzz "$url" "$seconds" "admin=$(grep -o 'rt_[a-z2-7]*' "$work/log")" \
        "creator=$(token ada --role creator --subject ada)" "node=$(token north --role node --subject north)"
      kill -0 $server
      """

    @Test("Generated requests cause no status 5xx, and responses match the API description")
    func generatedRequests() async throws {
      let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
        separator: "/")
      let made = try await Subprocess.run(
        .name("env"),
        arguments: [
          "\(root)/scripts/python.sh", "\(root)/.build/python/openapi", "openapi-spec-validator==0.9.0",
          "schemathesis==4.32.5",
        ], output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
      try #require(made.terminationStatus.isSuccess, "\(made.standardError)")
      let python = made.standardOutput.split(separator: "\n").last.map(String.init) ?? ""
      try await TestFolder.with { folder in
        try FileManager.default.createDirectory(atPath: folder + "/dev", withIntermediateDirectories: true)
        try Self.manifests.write(toFile: folder + "/dev/all.yaml", atomically: true, encoding: .utf8)
        let checked = try await Subprocess.run(
          .name("bash"),
          arguments: Arguments([
            "-c", Self.script, "bash", folder, ServedState.program, python, "20",
            "\(root)/Tests/Support/API/check.py",
          ]), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
        print(checked.standardOutput)
        #expect(
          checked.terminationStatus.isSuccess && checked.standardOutput.contains("fuzz: 200="),
          "\(checked.standardOutput)\(checked.standardError.suffix(4000))\(log.suffix(2000))")
      }
    }
  }
}
