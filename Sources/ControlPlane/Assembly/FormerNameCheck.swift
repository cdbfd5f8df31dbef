import KindSupport
import Manifests
import Model

/// Only resources of kinds that take over what a former name had may name one.
enum FormerNameCheck {
  static func check(_ kinds: [Kind]) -> ManifestCheck {
    let movable = Set(kinds.filter(\.isMovable).map(\.name))
    return ManifestCheck { resources, _ in
      resources.filter { resource in
        resource.metadata.annotations[Move.annotation] != nil && !movable.contains(resource.id.kind)
      }.map { resource in
        ManifestCheck.Finding(
          at: ManifestCheck.Place(resource.id, field: "metadata.annotations"),
          "a \(resource.id.kind) takes nothing over from a former name",
          hint: resource.id.kind == "Environment"
            ? "remove the annotation \(Move.annotation), and run ‘rendertrust environments rename’"
            : "remove the annotation \(Move.annotation): the former resource is removed and this one created")
      }
    }
  }
}
