import ArgumentParser
import ControlPlane
import Model

/// What a person allows that a guard would hold.
struct AllowanceOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Allow what a guard holds, as ‘plan’ shows it: prune, stateful-replace, last-node or schema-downgrade, for "
        + "everything or for one resource.", valueName: "rule[=Kind/name]"))
  var allow: [Allowance] = []

  @Flag(name: .long, help: "Allow deleting more than 30 % of what exists; the same as --allow prune.")
  var allowPrune = false

  @OptionGroup var approval: ApprovalOptions

  var granted: Set<Allowance> { Set(allow).union(allowPrune ? [Allowance(.prune)] : []) }
}

/// Agreement to what destroys.
struct ApprovalOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Approve the destructive steps that ‘plan’ shows with this digest, and no others.", valueName: "digest")
  )
  var approve: String?

  /// Digits enough that no other plan has them by chance; `Digest.short` has as many.
  private static let fewestDigits = 12

  func validate() throws {
    guard let approve else { return }
    let isDigest = approve.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    guard isDigest, (ApprovalOptions.fewestDigits...64).contains(approve.utf8.count) else {
      throw ValidationError("--approve takes the digest that ‘rendertrust plan’ shows, such as 3f2a91c04d1e")
    }
  }
}

extension Allowance: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Permissions {
  init(_ options: AllowanceOptions) {
    self.init(granted: options.granted, approve: options.approval.approve)
  }
}
