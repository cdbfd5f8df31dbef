import ArgumentParser
import JobModel
import Manifests
import Model
import Reconciling

struct JobCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "job", abstract: "Order work, watch it, and ask why it went where it went.",
    discussion: "A job is named by its ID, or by how the ID begins where no other's begins so.",
    subcommands: [
      JobSubmit.self, JobGet.self, JobList.self, JobWatch.self, JobCancel.self, JobWhy.self,
    ],
    defaultSubcommand: JobList.self)
}

extension OpenJobService {
  /// As commands print it: `text` is shown where people read.
  func write(_ job: Job, as format: OutputFormat, text: (JobText) -> String) {
    switch format {
    case .json: Output.write(job.value.prettyJSON)
    case .yaml: Output.write(YAMLWriter.text(of: job.value))
    case .name: Output.print(job.id.text)
    case .text: Output.write(text(jobText))
    }
  }

  var jobText: JobText { JobText(style: Output.style, now: time.now()) }
  var nodeText: NodeText { NodeText(style: Output.style, now: time.now()) }
}
