/// YAML text to resources, and back: parser on libyaml's events, locations, schema, defaults, overlays,
/// variables.
///
/// Entry file: `Loading/ManifestLoader.swift`. Spec types describe themselves once (`ManifestObject`);
/// decoding, JSON Schema, `explain`, canonical values and exported YAML all follow from that description.
/// Must not import anything but `Model` and `CLibYAML`. Tested in `Tests/ManifestsTests` with golden
/// diagnostics and hostile input; its speed is measured by `bench-manifests`.
///
/// The steps of a load:
/// 1. `SourceFolder` finds the files, `SourceFile` reads them up to a limit, `Chunk` splits them between
///    documents.
/// 2. `YAMLComposer` writes each chunk's events to a flat `Tape`; a `Node` is a tape and an index.
/// 3. `Overlay` merges documents of a folder into those of its sibling folder `base`.
/// 4. `Setting` decodes the environment, whose `Variables` are replaced in all other documents.
/// 5. `DecodedDocuments` decodes specs on all cores and resolves selectors; `ReferenceCheck` verifies
///    references.
///
/// Folders: `Parsing` (text to nodes), `Schema` (descriptions of types, decoding), `Types` (values of
/// fields), `Loading` (files to resources), `Writing` (resources to YAML, JSON Schema and documentation),
/// `Diagnostics`.
///
/// Supported YAML: the core schema of 1.2; no directives, no tags but the core's, no merge keys (`<<`); keys
/// are unique scalars; at most 100 levels, 100,000 values from aliases per document, 1 MiB per line and 256
/// MiB per file. After a broken document, parsing continues with the next `---`.
package enum Manifests {}
