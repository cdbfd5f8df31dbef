// ObjectStorage: objects by key, in a bucket of S3 or in a folder.
//
// Entry file: `ObjectStore.swift`, the protocol. `S3Store` uses S3 and compatible stores through `HTTP`;
// libcurl signs requests with Signature version 4, and buckets are part of the path. `S3Failure` interprets
// responses; `RetryPolicy` decides when a request is repeated. `FolderStore` keeps the same objects as files.
// A reader of a key sees a whole object or none.
//
// Must not import Foundation or any module of this package but `Model` and `HTTP`. Tested in
// `Tests/ObjectStorageTests`: one suite for both stores, with SeaweedFS as S3.
