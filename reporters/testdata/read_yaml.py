"""Reads a stream of YAML documents with PyYAML and prints it as JSON."""

import json
import sys

import yaml

print(json.dumps([d for d in yaml.safe_load_all(open(sys.argv[1], encoding="utf-8")) if d is not None]))
