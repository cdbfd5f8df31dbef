/// YAML text to resources, and back: parser on libyaml's events, locations, schema, defaults, overlays, variables.
///
/// Entry file: `ManifestLoader.swift`. Spec types describe themselves once (`ManifestObject`); decoding, JSON Schema,
/// `explain`, canonical values and exported YAML all follow from that description. Must not import anything but
/// `Model` and `CLibYAML`. Tested in `Tests/ManifestsTests` with golden diagnostics and hostile input; its speed is
/// measured by `bench-manifests`.
///
/// The way of a load:
/// 1. `SourceFolder` finds the files, `SourceFile` reads them up to a limit, `Chunk` cuts them where documents start.
/// 2. `YAMLComposer` writes each chunk's events to a flat `Tape`; a `Node` is a tape and an index.
/// 3. `Overlay` merges documents of a folder into those of the `base` beside it.
/// 4. `Setting` decodes the environment, whose `Variables` are replaced in all other documents.
/// 5. `DecodedDocuments` decodes specs on all cores and resolves selectors; `ReferenceCheck` looks at mentions.
///
/// Decisions about YAML: the core schema of 1.2; no directives, no tags but the core's, no merge keys (`<<`), keys
/// are words and stand once; at most 100 levels deep, 100,000 values from aliases a document, 1 MiB a line and
/// 256 MiB a file. After a broken document, reading goes on with the next `---`.
package enum Manifests {}
