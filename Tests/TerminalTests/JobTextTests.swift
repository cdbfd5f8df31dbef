import ArgumentParser
import ControlPlane
import JobModel
import Model
import Planning
import Testing

@testable import ControlPlane
@testable import rendertrust

/// The text output of the job commands.
struct JobTextTests {
  @Test("The list marks maximum costs and removes control characters")
  func list() {
    let jobs = [
      Samples.job(.pending, id: "0hsgq3k9a1b2c3d6") { $0.reason = "no node has capacity" },
      Samples.job(), Samples.done,
      Samples.job(.failed, id: "0hsgq3k9a1b2c3d5") { $0.reason = "a\u{1B}[2Jb" },
    ]
    #expect(
      Samples.text.list(jobs, width: nil)
        == """
        JOB               STATE      MODULE      ACCOUNT  UNITS  CREDITS  AGE  REASON
        0hsgq3k9a1b2c3d6  pending    storyboard  ada      10     ≤ 5      40s  no node has capacity
        0hsgq3k9a1b2c3d4  running    storyboard  ada      10     ≤ 5      40s  \u{20}
        0hsgq3k9a1b2c3d4  succeeded  storyboard  ada      10     5        40s  \u{20}
        0hsgq3k9a1b2c3d5  failed     storyboard  ada      10     0        40s  a [2Jb

        """.replacing("s  \u{20}\n", with: "s  \n"))
  }

  @Test(
    "A narrow terminal drops columns in favour of the reason", arguments: [50, 60, 80, 100])
  func narrow(width: Int) {
    let jobs = [
      Samples.job(.failed) { $0.reason = String(repeating: "no node has capacity for it ", count: 20) }
    ]
    let text = Samples.text.list(jobs, width: width)
    let lines = text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= width }, "\(text)")
    #expect(lines[1].contains("no node has") && lines[0].contains("STATE") && lines[0].contains("AGE"))
    #expect(lines[0].contains("UNITS") == (width == 100), "\(text)")
  }

  @Test("Details show fields, attempts, artefacts and output")
  func details() {
    #expect(
      Samples.text.details(Samples.done, width: nil)
        == """
        Job 0hsgq3k9a1b2c3d4 of storyboard succeeded on dev-gpu-1 after 40s.

        Account    ada
        Module     storyboard, image 4f4f4f4f4f4f
        Units      10 at 0.5 credits
        Credits    5 of 5 held
        Priority   5
        Submitted  2026-11-22 14:59:20, 40s ago

        ATTEMPT  NODE       STATE      UNITS  USAGE     DURATION  DETAIL
        1        dev-cpu-1  failed     0      1.2s CPU  2.0s      exit code 3: no  [31mGPU
        2        dev-gpu-1  succeeded  10     25s GPU   30s       \u{20}

        ARTEFACT  SIZE     REFERENCE
        film      2.3 MiB  s3://films/1

        Output
        {
          "frames": [
            1
          ]
        }

        """.replacing("30s       \u{20}\n", with: "30s       \n"))
  }

  @Test("Each state has a headline")
  func headlines() {
    let cases: [(Job, String)] = [
      (Samples.job(.pending), "Job 0hsgq3k9a1b2c3d4 of storyboard is pending."),
      (
        Samples.job(.pending) {
          $0.reason = "no capacity"
          $0.attempts = [Samples.attempt(1, .lost)]
        },
        "Job 0hsgq3k9a1b2c3d4 of storyboard is pending another attempt: no capacity."
      ),
      (
        Samples.job(.dispatched) { $0.attempts = [Samples.attempt(1, .dispatched)] },
        "Job 0hsgq3k9a1b2c3d4 of storyboard is dispatched to dev-gpu-1."
      ),
      (
        Samples.job { $0.attempts = [Samples.attempt()] },
        "Job 0hsgq3k9a1b2c3d4 of storyboard is running on dev-gpu-1 for 30s."
      ),
      (
        Samples.job(.failed) {
          $0.reason = "exit code 3"
          $0.finishedAt = Samples.now
        },
        "Job 0hsgq3k9a1b2c3d4 of storyboard failed after 40s: exit code 3."
      ),
      (
        Samples.job(.cancelled) {
          $0.reason = "cancelled by ada"
          $0.finishedAt = Samples.now
        },
        "Job 0hsgq3k9a1b2c3d4 of storyboard was cancelled after 40s: cancelled by ada."
      ),
    ]
    for (job, expected) in cases { #expect(Samples.text.headline(job) == expected) }
  }

  @Test("Watching prints each change once")
  func watching() {
    let versions = [
      Samples.job(.pending), Samples.job(.pending) { $0.reason = "no node has capacity" },
      Samples.job(.dispatched) { $0.attempts = [Samples.attempt(1, .dispatched)] },
      Samples.job { $0.attempts = [Samples.attempt()] },
      Samples.job {
        $0.attempts = [
          Samples.attempt {
            $0.units = 3
            $0.note = "frame 3"
          }
        ]
      },
      Samples.job {
        $0.attempts = [
          Samples.attempt {
            $0.units = 3
            $0.note = "frame 3"
          }
        ]
      },
      Samples.job(.pending) {
        $0.isOverflow = true
        $0.attempts = [Samples.attempt(1, .lost)]
      },
      Samples.job {
        $0.isOverflow = true
        $0.attempts = [Samples.attempt(1, .lost), Samples.attempt(2, on: "cloud-1")]
      },
      Samples.job(.succeeded) {
        $0.isOverflow = true
        $0.attempts = [Samples.attempt(1, .lost), Samples.attempt(2, on: "cloud-1", .succeeded)]
        $0.finishedAt = Samples.now
        $0.cost = Credits(micro: 1_000_000)
      },
    ]
    var lines: [String] = []
    for (index, job) in versions.enumerated() {
      lines += Samples.text.changes(of: job, since: index == 0 ? nil : versions[index - 1])
    }
    #expect(
      lines == [
        "· pending", "· pending: no node has capacity", "· dispatched to dev-gpu-1", "· running on dev-gpu-1",
        "· 3 of 10 units, frame 3", "! lost on dev-gpu-1: no heartbeat", "· pending",
        "! escalated to the overflow nodes", "· running on cloud-1",
        "✓ storyboard succeeded on cloud-1  40s, 1 credit",
      ])
    #expect(Samples.text.status(of: versions[4]) == "storyboard on dev-gpu-1  3 of 10 units, frame 3  30s")
    #expect(Samples.text.status(of: versions[0]) == "storyboard is pending  40s")
    #expect(Samples.text.status(of: versions[8]).isEmpty)
  }

  @Test("Why prints each decision with its attempt")
  func why() {
    let decision = PlacementDecision(
      nodes: 3, removed: [.gpuMemory: 1], passed: 2,
      front: [PlacementDecision.Candidate(node: 1, name: "dev-gpu-1", latency: 900, earnings: 0, score: 1)],
      frontCount: 1)
    let trace = SchedulingTrace(
      job: Samples.done,
      entries: [
        SchedulingTrace.Entry(attempt: Samples.done.attempts[0], decision: nil),
        SchedulingTrace.Entry(attempt: Samples.done.attempts[1], decision: decision),
      ])
    let text = Samples.text.why(trace)
    #expect(
      text.hasPrefix(
        """
        Job 0hsgq3k9a1b2c3d4 of storyboard succeeded on dev-gpu-1 after 40s.

        Attempt 1 on dev-cpu-1  30s ago  failed: exit code 3: no  [31mGPU
          No decision is recorded for this attempt.

        Attempt 2 on dev-gpu-1  30s ago  succeeded
          2 of 3 nodes can run it.

        """))
    #expect(text.contains("1 has no GPU with enough memory") && text.contains("dev-gpu-1 was chosen"))
  }

  @Test("Submit and cancel print the next command")
  func submitted() {
    #expect(
      Samples.text.submitted(Samples.job(.dispatched) { $0.attempts = [Samples.attempt(1, .dispatched)] })
        == """
        ✓ Job 0hsgq3k9a1b2c3d4 of storyboard was dispatched to dev-gpu-1; 5 credits of ada are held.
          rendertrust job watch 0hsgq3k9a1b2c3d4

        """)
    #expect(
      Samples.text.cancelled(Samples.job { $0.attempts = [Samples.attempt()] }).contains("being cancelled"))
  }

  @Test(
    "Job and node commands parse",
    arguments: [
      "job", "job list --status running --module echo --account ada --limit 5 -o name",
      "job get 0hsg -o yaml",
      "job submit echo --as account/ada --input {} --units 3 --budget 0.5 --priority 9 --within 10m --key k",
      "job submit echo --wait",
      "job watch 0hsg -o json", "job cancel 0hsg", "job why 0hsg", "node", "node list -o json",
      "node cordon a", "node uncordon Node/a", "node drain a --within 5m -e dev --state x",
    ])
  func parsing(line: String) throws {
    let arguments = line.split(separator: " ").map(String.init)
    _ = try RenderTrust.parseAsRoot(arguments)
  }

  @Test(
    "An invalid submission fails before the state is opened",
    arguments: [
      (["echo"], "name the paying account"), (["echo", "--as", "account/"], "--as must be an account"),
      (["echo", "--as", "ada", "--input", "{"], "--input is not JSON at byte 1"),
      (["echo", "--as", "ada", "--input", "@/not/there"], "cannot read /not/there"),
      (["echo", "--as", "ada", "--budget", "much"], "--budget must be a number of credits"),
      (["echo", "--as", "ada", "--budget", "-1"], "--budget"),
      (["echo", "--as", "ada", "--within", "soon"], "--within must be a duration"),
      (["echo", "--as", "ada", "--units", "0"], "--units: it is a number"),
      (["echo", "--as", "ada", "--priority", "10"], "--priority: it is a number"),
    ] as [([String], String)])
  func invalidSubmission(arguments: [String], expected: String) async throws {
    let command: JobSubmit
    do {
      command = try JobSubmit.parse(arguments)
    } catch {
      #expect(JobSubmit.message(for: error).contains(expected))
      return
    }
    let failure = await #expect(throws: CommandFailure.self) { try await command.run() }
    #expect(failure?.message.contains(expected) == true, "\(failure?.message ?? "no message")")
  }
}
