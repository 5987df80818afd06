"""Reads a Parquet file with pandas and pyarrow and prints what it holds as JSON."""

import json
import sys

import pandas
import pyarrow.parquet

path = sys.argv[1]
meta = pyarrow.parquet.read_metadata(path)
frame = pandas.read_parquet(path)
print(json.dumps({
    "rows": len(frame),
    "groups": meta.num_row_groups,
    "compression": sorted({meta.row_group(g).column(c).compression for g in range(meta.num_row_groups) for c in range(meta.num_columns)}),
    "types": {f.name: str(f.type) for f in pyarrow.parquet.read_schema(path)},
    "nullable": all(f.nullable for f in pyarrow.parquet.read_schema(path)),
    "columns": list(frame.columns),
    "first": json.loads(frame.head(5).to_json(orient="records")),
    "nulls": {c: int(n) for c, n in frame.isna().sum().items()},
}))
