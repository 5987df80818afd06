"""Read the documents of a file with llm-d's own package (PyPI:
llmd-benchmark-report) and print how many there are. One that it refuses ends the
script with an error."""
import sys

import yaml
from llmd_benchmark_report import BenchmarkReportV021

documents = [d for d in yaml.safe_load_all(open(sys.argv[1])) if d is not None]
for document in documents:
    BenchmarkReportV021.model_validate(document)
print(len(documents))
