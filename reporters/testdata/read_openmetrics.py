"""Reads OpenMetrics text with Prometheus' strict parser and prints it as JSON."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

families = {}
for family in text_string_to_metric_families(open(sys.argv[1], encoding="utf-8", newline="").read()):
    families[family.name] = {
        "type": family.type,
        "samples": [{"labels": s.labels, "value": str(s.value)} for s in family.samples],
    }
print(json.dumps(families))
