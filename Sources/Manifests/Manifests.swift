/// YAML text to resources, and back: parser on libyaml's events, locations, schema, defaults, overlays, variables.
///
/// Entry file: `ManifestLoader.swift`. Spec types describe themselves once (`ManifestObject`); decoding, JSON Schema,
/// `explain`, canonical values and exported YAML all follow from that description. Must not import anything but
/// `Model` and `CLibYAML`. Tested in `Tests/ManifestsTests` with golden diagnostics and hostile input.
package enum Manifests {}
