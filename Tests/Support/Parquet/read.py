"""Prints what pyarrow and DuckDB read in Parquet files: a line of JSON for each file that is named.

Values are texts that no reader can render in its own way: decimals as their unscaled number, timestamps as
microseconds and dates as days since 1970, bytes in hexadecimal; null is null.
"""

import datetime
import decimal
import json
import sys

import duckdb
import pyarrow.parquet

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def text(value, scale):
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, decimal.Decimal):
        return str(int(value.scaleb(scale)))
    if isinstance(value, datetime.datetime):
        return str((value - EPOCH) // datetime.timedelta(microseconds=1))
    if isinstance(value, datetime.date):
        return str((value - EPOCH.date()).days)
    return str(value)


def bounds(statistics, scale):
    if not statistics.has_min_max:
        return [None, None]
    return [text(statistics.min, scale), text(statistics.max, scale)]


def with_arrow(path):
    file = pyarrow.parquet.ParquetFile(path)
    metadata, schema, table = file.metadata, file.schema, file.read()
    scales = [max(0, schema.column(i).scale) for i in range(len(schema))]
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    return {
        "creator": metadata.created_by,
        "metadata": {k.decode(): v.decode() for k, v in (metadata.metadata or {}).items()},
        "types": [str(field.type) for field in table.schema],
        "logical": [str(schema.column(i).logical_type) for i in range(len(schema))],
        "converted": [schema.column(i).converted_type for i in range(len(schema))],
        "optional": [field.nullable for field in table.schema],
        "columns": [
            [text(value, scale) for value in table.column(i).to_pylist()] for i, scale in enumerate(scales)
        ],
        "groups": [
            {
                "rows": group.num_rows,
                "chunks": [
                    {
                        "nulls": group.column(i).statistics.null_count,
                        "bounds": bounds(group.column(i).statistics, scale),
                        "encodings": sorted(group.column(i).encodings),
                    }
                    for i, scale in enumerate(scales)
                ],
            }
            for group in groups
        ],
    }


def with_duckdb(path):
    database = duckdb.connect()
    described = database.execute("DESCRIBE FROM read_parquet(?)", [path]).fetchall()
    names = [(name, kind) for name, kind, *_ in described]
    columns = []
    for name, kind in names:
        quoted = '"' + name.replace('"', '""') + '"'
        value = f"epoch_us({quoted})" if kind == "TIMESTAMP WITH TIME ZONE" else quoted
        scale = int(kind.rstrip(")").split(",")[1]) if kind.startswith("DECIMAL") else 0
        rows = database.execute(f"SELECT {value} FROM read_parquet(?)", [path]).fetchall()
        columns.append([text(row[0], scale) for row in rows])
    nulls = database.execute(
        "SELECT row_group_id, column_id, stats_null_count FROM parquet_metadata(?) ORDER BY ALL", [path]
    ).fetchall()
    # Answered from the bounds alone where DuckDB trusts them: a wrong bound loses rows.
    found = []
    for name, _ in names:
        quoted = '"' + name.replace('"', '""') + '"'
        query = f"""SELECT count(*) FROM read_parquet($path) WHERE {quoted} IN (
            (SELECT min({quoted}) FROM read_parquet($path)),
            (SELECT max({quoted}) FROM read_parquet($path)))"""
        found.append(database.execute(query, {"path": path}).fetchone()[0])
    return {
        "types": [kind for _, kind in names],
        "columns": columns,
        "nulls": [str(count) for _, _, count in nulls],
        "extremes": found,
    }


for path in sys.argv[1:]:
    print(json.dumps({"arrow": with_arrow(path), "duckdb": with_duckdb(path)}))
