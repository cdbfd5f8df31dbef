import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "List changes and verify the audit log.",
    discussion: """
      Each change writes an audit entry in the same transaction: actor, commit, revision, resource, outcome \
      and changed fields. Entries form a hash chain.
      """, subcommands: [AuditList.self, AuditVerify.self], defaultSubcommand: AuditList.self)
}
