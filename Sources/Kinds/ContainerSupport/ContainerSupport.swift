/// What the rooms that run containers share: `Services` and `Modules`. It owns no kind.
///
/// The way of one container: a room turns its spec into a `ContainerPlan` (a pure value: template, limits, health,
/// engine); `ContainerComparison` decides steps from the plan and from what `ContainerObserver` saw in one list call
/// per engine; `ContainerRunner` executes a `ContainerOperation` through a `ContainerEngine`, and returns only once
/// the container is healthy. `ContainerEvents` says which resources to look at again.
///
/// Everything that is created carries labels (`ContainerLabels`): owner, resource, replica, node and the digest of
/// what it was made from. They are the only memory: a controller that lost its state finds its containers by them,
/// and never touches a container whose owner is another. Names follow from the same values, so a create that was
/// interrupted is found and taken over instead of being done twice.
///
/// Entry file: `ContainerPlan.swift`. Must not import a component that owns a kind. Tested in
/// `Tests/WorkloadsTests` by tables on values and against an engine in memory; `Tests/ServicesTests` and
/// `Tests/ModulesTests` run the same steps on a real engine.
package enum ContainerSupport {}
