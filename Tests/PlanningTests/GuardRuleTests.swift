import Model
import Planning
import Testing

/// Each rule by itself, in tables.
@Suite struct GuardRuleTests {
  private static let owner = ApprovalRequirement(count: 1, from: ["role/approver"])
  private static let two = ApprovalRequirement(count: 2, from: ["account/ada", "account/bob"])

  struct ApprovalCase: Sendable, CustomTestStringConvertible {
    let reason: String
    var before: ApprovalRequirement?
    var after: ApprovalRequirement?
    var approvers: [String] = []
    /// Nil when no approval is needed.
    let isApproved: Bool?
    var testDescription: String { reason }
  }

  @Test(
    "The approval guard decides by requirement and approvers",
    arguments: [
      ApprovalCase(reason: "an environment without requirement needs no approval", isApproved: nil),
      ApprovalCase(
        reason: "a requirement without approvers is not met", before: owner, after: owner, isApproved: false),
      ApprovalCase(
        reason: "any user counts for a role", before: owner, after: owner,
        approvers: ["root"], isApproved: true),
      ApprovalCase(
        reason: "a first revision is bound by its own requirement", after: owner, isApproved: false),
      ApprovalCase(
        reason: "removing the requirement does not lift it", before: owner, isApproved: false),
      ApprovalCase(
        reason: "lowering the number does not lower what is required", before: two, after: owner,
        approvers: ["ada"], isApproved: false),
      ApprovalCase(
        reason: "two different people count as two", before: two, after: two, approvers: ["bob", "ada"],
        isApproved: true),
      ApprovalCase(
        reason: "the same person counts once", before: two, after: two, approvers: ["ada", "ada"],
        isApproved: false),
      ApprovalCase(
        reason: "an account that is not named does not count", before: two, after: two,
        approvers: ["ada", "eve"], isApproved: false),
    ])
  func approvalGuardDecides(_ test: ApprovalCase) {
    guard let required = ApprovalGuard.required(before: test.before, after: test.after) else {
      #expect(test.isApproved == nil, "\(test.reason)")
      return
    }
    let found = UnapprovedDestruction(
      environment: "prod", steps: 1, loosens: false, approvers: [], needed: required.count, plan: nil)
    let answer = ApprovalGuard.evaluate(approvers: test.approvers, required: required, found)
    #expect(answer.isApproved == test.isApproved, "\(test.reason)")
  }

  @Test("A requirement is looser with fewer or other people")
  func looserRequirements() {
    let ada = ApprovalRequirement(count: 2, from: ["account/ada"])
    #expect(!Self.two.isLooser(than: Self.two))
    #expect(Self.owner.isLooser(than: Self.two))
    #expect(!ada.isLooser(than: Self.two), "fewer may approve, which is stricter")
    #expect(Self.two.isLooser(than: ada))
  }

  struct BackupCase: Sendable, CustomTestStringConvertible {
    let reason: String
    /// By policy, the age in minutes of the newest restorable state; negative for none.
    let restorable: [String: Int64]
    let gap: BackupGap?
    var testDescription: String { reason }
  }

  private static let limit = TimeSpan(seconds: 900)

  @Test(
    "The backup guard decides by the newest backup",
    arguments: [
      BackupCase(reason: "no policy covers it", restorable: [:], gap: .uncovered),
      BackupCase(reason: "a backup within its RPO is fresh", restorable: ["a": 15], gap: nil),
      BackupCase(
        reason: "a backup one minute older is too old", restorable: ["a": 16],
        gap: .tooOld(policy: id("BackupPolicy/a"), age: TimeSpan(seconds: 960), limit: limit)),
      BackupCase(
        reason: "a policy without a backup does not count", restorable: ["a": -1],
        gap: .nothingRestorable(policy: id("BackupPolicy/a"))),
      BackupCase(reason: "one fresh backup of two is enough", restorable: ["a": 600, "b": 1], gap: nil),
      BackupCase(
        reason: "the newest of several old backups is reported", restorable: ["a": -1, "b": 20, "c": 30],
        gap: .tooOld(policy: id("BackupPolicy/b"), age: TimeSpan(seconds: 1200), limit: limit)),
    ])
  func backupGuardDecides(_ test: BackupCase) {
    let now = Timestamp(seconds: 1_000_000)
    let backups = test.restorable.map { name, minutes in
      (
        Self.id("BackupPolicy/\(name)"),
        BackupFact(
          of: Self.id("Service/s"),
          restorable: minutes < 0 ? nil : Timestamp(seconds: 1_000_000 - minutes * 60),
          limit: Self.limit)
      )
    }
    let gap = BackupGuard.gap(in: backups.map { ($0.0, $0.1) }, now: now)
    #expect(gap == test.gap, "\(test.reason)")
  }

  struct LossCase: Sendable, CustomTestStringConvertible {
    let reason: String
    let before: ComputeOffer
    let after: ComputeOffer?
    let loss: CapacityLoss?
    var testDescription: String { reason }
  }

  @Test(
    "A node loses capacity when it leaves, changes or is cordoned",
    arguments: [
      LossCase(reason: "it leaves", before: .node(), after: nil, loss: .leaves),
      LossCase(reason: "it is cordoned", before: .node(), after: .node(open: false), loss: .cordoned),
      LossCase(reason: "its label changes", before: .node("gpu"), after: .node("cpu"), loss: .changes),
      LossCase(reason: "it stays", before: .node(), after: .node(), loss: nil),
      LossCase(
        reason: "a cordoned node had no capacity to lose", before: .node(open: false), after: nil, loss: nil),
    ])
  func capacityLosses(_ test: LossCase) {
    #expect(LastNodeGuard.loss(before: test.before, after: test.after) == test.loss, "\(test.reason)")
  }

  struct NeedCase: Sendable, CustomTestStringConvertible {
    let reason: String
    let needs: ComputeNeeds
    let offers: [ComputeOffer]
    let isStranded: Bool
    var testDescription: String { reason }
  }

  @Test(
    "A module is stranded when no node meets its needs",
    arguments: [
      NeedCase(reason: "no node at all", needs: ComputeNeeds(), offers: [], isStranded: true),
      NeedCase(reason: "any node is enough", needs: ComputeNeeds(), offers: [.node()], isStranded: false),
      NeedCase(
        reason: "the label is missing", needs: ComputeNeeds(labels: ["tier": "gpu"]), offers: [.node("cpu")],
        isStranded: true),
      NeedCase(
        reason: "one of several nodes has the label", needs: ComputeNeeds(labels: ["tier": "gpu"]),
        offers: [.node("cpu"), .node("gpu")], isStranded: false),
      NeedCase(
        reason: "a cordoned node offers no capacity", needs: ComputeNeeds(), offers: [.node(open: false)],
        isStranded: true),
      NeedCase(
        reason: "too few cores", needs: ComputeNeeds(cores: CoreCount(cores: 8)), offers: [.node()],
        isStranded: true),
      NeedCase(
        reason: "the named node exists", needs: ComputeNeeds(nodes: [id("Node/n1")]),
        offers: [.node(), .node()], isStranded: false),
      NeedCase(
        reason: "the named node does not exist", needs: ComputeNeeds(nodes: [id("Node/n9")]),
        offers: [.node()], isStranded: true),
    ])
  func strandedModules(_ test: NeedCase) {
    let offers = test.offers.enumerated().map { (Self.id("Node/n\($0)"), $1) }
    let stranded = LastNodeGuard.stranded(
      [(Self.id("Module/m"), test.needs)], on: offers.map { ($0.0, $0.1) })
    #expect(stranded.count == (test.isStranded ? 1 : 0), "\(test.reason)")
  }

  @Test(
    "The schema guard blocks downgrades",
    arguments: [(3, 3, false), (3, 4, false), (4, 3, true), (1, 0, true)])
  func schemaGuardBlocksDowngrades(_ applied: Int, _ declared: Int, _ isBlocked: Bool) {
    #expect((SchemaGuard.finding(applied: applied, declared: declared) != nil) == isBlocked)
  }

  @Test(
    "Allowances are parsed strictly",
    arguments: [
      ("prune", Allowance(.prune)),
      ("last-node=Node/berlin-01", Allowance(.lastNode, id("Node/berlin-01"))),
      ("stateful-replace=Service/grafana", Allowance(.statefulReplace, id("Service/grafana"))),
      ("destructive", nil), ("destructive=Database/d", nil), ("last-node=berlin", nil), ("everything", nil),
      ("", nil), ("prune=", nil),
    ])
  func allowancesAreParsedStrictly(_ text: String, _ allowance: Allowance?) {
    #expect(Allowance(text) == allowance)
    if let allowance { #expect(allowance.description == text) }
  }

  private static func id(_ text: String) -> ResourceID { ResourceID(text)! }
}

extension ComputeOffer {
  static func node(_ tier: String = "cpu", open: Bool = true) -> ComputeOffer {
    ComputeOffer(
      engine: .local, labels: ["tier": tier], cores: 4, memory: ByteCount(bytes: 8 << 30), gpuMemory: nil,
      gpuCount: 0, isSchedulable: open)
  }
}
