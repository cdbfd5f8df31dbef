// ObjectStorage: objects by key, in a bucket of S3 or in a folder.
//
// Entry file: `ObjectStore.swift`, the protocol. `S3Store` speaks to S3 and its likes through `HTTP`, signed with
// Signature version 4 by libcurl and addressed by path; what answers mean is in `S3Failure`, when to ask again in
// `S3Retries`. `FolderStore` keeps the same objects as files. Whoever reads a key sees a whole object or none.
//
// Must not import Foundation or any module of this package but `Model` and `HTTP`.
// Tested in `Tests/ObjectStorageTests`: one suite for both, S3 being SeaweedFS.
