"""Prints what pyarrow and DuckDB read in an export of the ledger below a folder, as one object of JSON.

`types`: pyarrow's type of each column of each table; `days`: for each table and day, which DuckDB takes from
the path, the rows and the sum; `accounts`: all accounts; `names`: every text in any column of any file.
"""

import glob
import json
import sys

import duckdb
import pyarrow.parquet

root = sys.argv[1]
SUMS = {"entries": "amount", "usage": "price"}
report = {"types": {}, "days": {}, "accounts": [], "names": []}
names = set()
for path in sorted(glob.glob(f"{root}/**/*.parquet", recursive=True)):
    # A file by itself: the day in its path is no column of it.
    table = pyarrow.parquet.ParquetFile(path).read()
    kind = path[len(root) + 1 :].split("/")[0]
    report["types"][kind] = {field.name: str(field.type) for field in table.schema}
    for column in table.columns:
        if str(column.type) == "string":
            names.update(value for value in column.to_pylist() if value is not None)
        if str(column.type) == "binary":
            names.update(value.decode("latin-1") for value in column.to_pylist())
report["names"] = sorted(names)

database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
for table, column in SUMS.items():
    rows = database.execute(
        f"""SELECT day::text, count(*), sum({column})::text, min(recorded_at)::text
        FROM read_parquet('{root}/{table}/*/*.parquet', hive_partitioning = true) GROUP BY day ORDER BY day"""
    ).fetchall()
    report["days"][table] = [list(row) for row in rows]
report["accounts"] = [
    list(row)
    for row in database.execute(
        f"""SELECT id, name, kind, balance::text, erased_at IS NOT NULL
        FROM read_parquet('{root}/accounts/accounts.parquet') ORDER BY id"""
    ).fetchall()
]
print(json.dumps(report))
