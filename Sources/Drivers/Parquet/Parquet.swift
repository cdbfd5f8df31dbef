// Parquet: writes Apache Parquet files, row group by row group, with memory that does not grow with the file.
//
// Entry file: `ParquetWriter.swift`. A `ParquetSchema` names the columns; rows come in batches of
// `ParquetColumn`, one for each column. Each column's values become pages (`ColumnChunk`: levels, then PLAIN
// values or indices into a dictionary), compressed with Zstandard as soon as they are full; a row group with
// enough rows or bytes goes to the `ParquetSink`, and the footer (`FileFooter`, in Thrift's compact protocol:
// `ThriftEncoder`) ends the file. `ParquetFileSink` gives the file its name once it is complete and on the
// disk.
//
// The format is Apache's parquet-format: data pages of version 1, flat schemas, no page index, no encryption.
// Writes only. Must not import Foundation or any module of this package but `Model` and `CLibZstd`. Tested in
// `Tests/ParquetTests`, where pyarrow and DuckDB read the files.

package import Model

/// How much is buffered before it is written. With the defaults a writer of ten columns stays below about 60
/// MB.
package struct ParquetLimits: Sendable, Hashable {
  /// A row group is written when it has this many rows …
  package var rowsPerGroup = 1 << 18
  /// … or when its pages take this many bytes of memory, whichever comes first.
  package var bytesPerGroup = 32 << 20
  package var rowsPerPage = 1 << 16
  /// Values of variable length end a page here; one value may be longer.
  package var bytesPerPage = 1 << 20
  /// The maximum number of distinct values for which a column of strings or bytes keeps a dictionary in a row
  /// group.
  package var dictionaryEntries = 1 << 14
  package var dictionaryBytes = 1 << 20

  package init() {}

  /// A limit of zero counts as one, so that writing makes progress.
  var atLeastOne: ParquetLimits {
    var limits = self
    limits.rowsPerGroup = max(1, rowsPerGroup)
    limits.rowsPerPage = max(1, rowsPerPage)
    return limits
  }
}

/// The summary of a complete file.
package struct ParquetSummary: Sendable, Hashable {
  package let rows: Int64
  package let rowGroups: Int
  package let bytes: Int64
  /// SHA-256 of the whole file.
  package let digest: Digest
}
