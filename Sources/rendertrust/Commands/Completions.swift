import ArgumentParser

struct Completions: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print a shell completion script.")

  @Argument(help: "Shell: bash, zsh or fish.")
  var shell: String

  func run() throws {
    guard let shell = CompletionShell(rawValue: shell) else {
      throw ValidationError("unknown shell ‘\(shell)’: use bash, zsh or fish")
    }
    Output.print(RenderTrust.completionScript(for: shell))
  }
}
