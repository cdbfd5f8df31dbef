import Model
import Planning
import Testing

/// Each rule by itself, in values.
@Suite struct GuardRuleTests {
  private static let owner = ApprovalRequirement(count: 1, from: ["role/approver"])
  private static let two = ApprovalRequirement(count: 2, from: ["account/ada", "account/bob"])

  struct ApprovalCase: Sendable, CustomTestStringConvertible {
    let reason: String
    var before: ApprovalRequirement?
    var after: ApprovalRequirement?
    var approvers: [String] = []
    /// Nil: no approval is needed.
    let isApproved: Bool?
    var testDescription: String { reason }
  }

  @Test(arguments: [
    ApprovalCase(reason: "an environment that asks for nothing needs nothing", isApproved: nil),
    ApprovalCase(reason: "prod asks for a person", before: owner, after: owner, isApproved: false),
    ApprovalCase(
      reason: "roles are known to nobody yet, so any user counts", before: owner, after: owner,
      approvers: ["root"], isApproved: true),
    ApprovalCase(
      reason: "a first revision is bound by what it declares itself", after: owner, isApproved: false),
    ApprovalCase(
      reason: "taking the requirement away does not lift it", before: owner, isApproved: false),
    ApprovalCase(
      reason: "asking for fewer people does not make fewer enough", before: two, after: owner,
      approvers: ["ada"], isApproved: false),
    ApprovalCase(
      reason: "two different people are two", before: two, after: two, approvers: ["bob", "ada"],
      isApproved: true),
    ApprovalCase(
      reason: "the same person twice is one", before: two, after: two, approvers: ["ada", "ada"],
      isApproved: false),
    ApprovalCase(
      reason: "an account that is not named does not count", before: two, after: two,
      approvers: ["ada", "eve"], isApproved: false),
  ]) func approvals(_ test: ApprovalCase) {
    guard let required = ApprovalGuard.required(before: test.before, after: test.after) else {
      #expect(test.isApproved == nil, "\(test.reason)")
      return
    }
    let found = UnapprovedDestruction(
      environment: "prod", steps: 1, loosens: false, approvers: [], needed: required.count, plan: nil)
    let answer = ApprovalGuard.evaluate(approvers: test.approvers, required: required, found)
    #expect(answer.isApproved == test.isApproved, "\(test.reason)")
  }

  @Test func looserIsFewerPeopleOrOtherOnes() {
    let ada = ApprovalRequirement(count: 2, from: ["account/ada"])
    #expect(!Self.two.isLooser(than: Self.two))
    #expect(Self.owner.isLooser(than: Self.two))
    #expect(!ada.isLooser(than: Self.two), "fewer may approve, which is stricter")
    #expect(Self.two.isLooser(than: ada))
  }

  struct BackupCase: Sendable, CustomTestStringConvertible {
    let reason: String
    /// By policy, up to how many minutes ago could be restored; negative: nothing can.
    let restorable: [String: Int64]
    let gap: BackupGap?
    var testDescription: String { reason }
  }

  private static let limit = TimeSpan(seconds: 900)

  @Test(arguments: [
    BackupCase(reason: "nothing covers it", restorable: [:], gap: .uncovered),
    BackupCase(reason: "a backup within its RPO is fresh", restorable: ["a": 15], gap: nil),
    BackupCase(
      reason: "a minute more is too old", restorable: ["a": 16],
      gap: .tooOld(policy: id("BackupPolicy/a"), age: TimeSpan(seconds: 960), limit: limit)),
    BackupCase(
      reason: "a policy without a backup is none", restorable: ["a": -1],
      gap: .nothingRestorable(policy: id("BackupPolicy/a"))),
    BackupCase(reason: "one fresh backup of two is enough", restorable: ["a": 600, "b": 1], gap: nil),
    BackupCase(
      reason: "the best of the bad ones is told", restorable: ["a": -1, "b": 20, "c": 30],
      gap: .tooOld(policy: id("BackupPolicy/b"), age: TimeSpan(seconds: 1200), limit: limit)),
  ]) func backups(_ test: BackupCase) {
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

  @Test(arguments: [
    LossCase(reason: "it leaves", before: .node(), after: nil, loss: .leaves),
    LossCase(reason: "it is cordoned", before: .node(), after: .node(open: false), loss: .cordoned),
    LossCase(reason: "its label changes", before: .node("gpu"), after: .node("cpu"), loss: .changes),
    LossCase(reason: "it stays", before: .node(), after: .node(), loss: nil),
    LossCase(
      reason: "what was cordoned took nothing new anyway", before: .node(open: false), after: nil, loss: nil),
  ]) func losses(_ test: LossCase) {
    #expect(LastNodeGuard.loss(before: test.before, after: test.after) == test.loss, "\(test.reason)")
  }

  struct NeedCase: Sendable, CustomTestStringConvertible {
    let reason: String
    let needs: ComputeNeeds
    let offers: [ComputeOffer]
    let isStranded: Bool
    var testDescription: String { reason }
  }

  @Test(arguments: [
    NeedCase(reason: "no node at all", needs: ComputeNeeds(), offers: [], isStranded: true),
    NeedCase(reason: "any node does", needs: ComputeNeeds(), offers: [.node()], isStranded: false),
    NeedCase(
      reason: "the label is missing", needs: ComputeNeeds(labels: ["tier": "gpu"]), offers: [.node("cpu")],
      isStranded: true),
    NeedCase(
      reason: "one of several has it", needs: ComputeNeeds(labels: ["tier": "gpu"]),
      offers: [.node("cpu"), .node("gpu")], isStranded: false),
    NeedCase(
      reason: "a cordoned node takes nothing new", needs: ComputeNeeds(), offers: [.node(open: false)],
      isStranded: true),
    NeedCase(
      reason: "too few cores", needs: ComputeNeeds(cores: CoreCount(cores: 8)), offers: [.node()],
      isStranded: true),
    NeedCase(
      reason: "only the node that is named", needs: ComputeNeeds(nodes: [id("Node/n1")]),
      offers: [.node(), .node()], isStranded: false),
    NeedCase(
      reason: "the node that is named is not there", needs: ComputeNeeds(nodes: [id("Node/n9")]),
      offers: [.node()], isStranded: true),
  ]) func stranded(_ test: NeedCase) {
    let offers = test.offers.enumerated().map { (Self.id("Node/n\($0)"), $1) }
    let stranded = LastNodeGuard.stranded(
      [(Self.id("Module/m"), test.needs)], on: offers.map { ($0.0, $0.1) })
    #expect(stranded.count == (test.isStranded ? 1 : 0), "\(test.reason)")
  }

  @Test(arguments: [(3, 3, false), (3, 4, false), (4, 3, true), (1, 0, true)])
  func schemas(_ applied: Int, _ declared: Int, _ isHeld: Bool) {
    #expect((SchemaGuard.finding(applied: applied, declared: declared) != nil) == isHeld)
  }

  @Test(arguments: [
    ("prune", Allowance(.prune)),
    ("last-node=Node/berlin-01", Allowance(.lastNode, id("Node/berlin-01"))),
    ("stateful-replace=Service/grafana", Allowance(.statefulReplace, id("Service/grafana"))),
    ("destructive", nil), ("destructive=Database/d", nil), ("last-node=berlin", nil), ("everything", nil),
    ("", nil), ("prune=", nil),
  ]) func allowancesAreReadStrictly(_ text: String, _ allowance: Allowance?) {
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
