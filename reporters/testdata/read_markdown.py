"""Renders Markdown as GitHub does (cmark-gfm) and prints what became of it as JSON."""

import html.parser
import json
import re
import sys

import cmarkgfm
from cmarkgfm.cmark import Options


class Seen(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text, self.row, self.rows = {}, "", [], []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag == "tr":
            self.row = []
        if tag in ("td", "th"):
            self.row.append("")

    def handle_endtag(self, tag):
        if tag == "tr":
            self.rows.append([cell.strip() for cell in self.row])

    def handle_data(self, data):
        self.text += data
        if self.row:
            self.row[-1] += data


source = open(sys.argv[1], encoding="utf-8").read()
seen = Seen()
seen.feed(cmarkgfm.github_flavored_markdown_to_html(source, Options.CMARK_OPT_UNSAFE))
print(json.dumps({
    "tags": seen.tags,
    "rows": seen.rows,
    "mentions": re.findall(r"(?<![\w/])@\w+", seen.text),
    "issues": re.findall(r"(?<![\w&])#\d+", seen.text),
}))
