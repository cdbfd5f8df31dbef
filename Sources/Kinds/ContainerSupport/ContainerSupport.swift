/// Containers for the kinds that run them (`Services`, `Modules`) and for the schedulers that run as
/// containers. Owns no kind.
///
/// - `Containers`: a kind turns its spec into a `ContainerPlan`, a pure value with template, limits, health
///   rule and engine. `ContainerObserver` reads the existing containers with one list call per engine.
///   `ContainerBackend` is the `ResourceBackend` of every such kind.
/// - `Replacement`: `ContainerComparison` derives steps from the plan and the observation; `ContainerRunner`
///   executes a `ContainerOperation` and returns once the container is healthy.
/// - `Shape`: the configuration that an engine reports, compared with that of the plan: everything that was
///   declared or that isolates the container.
/// - `Health`: rules, and the checks that evaluate them.
/// - `Engine`: the protocol `ContainerEngine` and its implementation on the Docker driver. `ContainerWatch`
///   reports which resources to observe again.
/// - `Adoption`: taking over containers that were created outside the platform, and exporting them as
///   manifests.
///
/// Every created object carries labels (`ContainerLabels`): owner, environment, resource, replica, node and
/// the digest of its template. An environment finds its containers by these labels (`Marks`) and never
/// changes one of another owner or environment. A container without the label of an environment, which
/// programs before 0.5.0 created, belongs to the environment that holds it. Names derive from the same
/// values, so a create that was interrupted is completed and not repeated.
///
/// Entry file: `Containers/ContainerPlan.swift`. Must not import a module that owns a kind. Tested in
/// `Tests/ContainerSupportTests` by tables and against an engine in memory; `Tests/ServicesTests` and
/// `Tests/ModulesTests` run the same steps on a real engine.
package enum ContainerSupport {}
