"""Holds every character to the reference library, in many surroundings.

usage: characters.py PUBLISHED FOLDER    PUBLISHED holds NAME/tokenizer.json; FOLDER is written

FOLDER/characters.jsonl gets a text for every 16 characters, and, for each normaliser and
for what published tokenizers do before their model, FOLDER/NAME/tokenizer.json, whose
model has no token but bytes, and FOLDER/NAME/sums, two bytes a text: the lower half of
the CRC-32 of its ids. A sign before each piece shows where texts are split.
"""

import array
import json
import pathlib
import sys
import zlib

from tokenizers import Tokenizer, normalizers, pre_tokenizers

# All planes of which anything is assigned, but for private ones.
CHARACTERS = [c for low, high in ((0, 0xD800), (0xE000, 0x32400), (0xE0000, 0xE0200)) for c in range(low, high)]


def text(characters):
    return "".join(f"x{c}y {c}{c}1{c}2.{c}!A{c}\u0316b{c}\u0345{c}\u0334'{c}s\n{c}" for c in map(chr, characters))


def kinds():
    """Yields names, normalisers and pre-tokenisers; either may be None."""
    n, p = normalizers, pre_tokenizers
    for normalizer in (n.NFC(), n.NFD(), n.NFKC(), n.NFKD(), n.Lowercase(), n.StripAccents(), n.Nmt()):
        yield type(normalizer).__name__, normalizer, None
    yield "Bert", n.BertNormalizer(), p.BertPreTokenizer()
    yield "BertCased", n.BertNormalizer(lowercase=False, strip_accents=True), None
    for pre in (p.Whitespace(), p.WhitespaceSplit(), p.Digits(True), p.Punctuation(), p.ByteLevel(add_prefix_space=True)):
        yield type(pre).__name__, None, pre


def tokenizers(published):
    for name, normalizer, pre in kinds():
        yield name, *(part and json.loads(part.__getstate__()) for part in (normalizer, pre))
    for path in sorted(published.glob("*/tokenizer.json")):
        if not path.parent.name.startswith("small-"):
            t = json.loads(path.read_text())
            yield path.parent.name, t["normalizer"], t["pre_tokenizer"]


def on_bytes(normalizer, pre):
    vocab = {c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    visible = [{"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": False}]
    visible += [{"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": normalizer,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": ([pre] if pre else []) + visible},
        "post_processor": None, "decoder": None, "model": {"type": "BPE", "vocab": vocab, "merges": []},
    }


def main():
    published, folder = map(pathlib.Path, sys.argv[1:])
    texts = [text(CHARACTERS[i : i + 16]) for i in range(0, len(CHARACTERS), 16)]
    folder.mkdir(exist_ok=True)
    (folder / "characters.jsonl").write_text("".join(json.dumps(t) + "\n" for t in texts))
    for name, normalizer, pre in tokenizers(published):
        one = folder / name
        one.mkdir(exist_ok=True)
        (one / "tokenizer.json").write_text(json.dumps(on_bytes(normalizer, pre)))
        t = Tokenizer.from_file(str(one / "tokenizer.json"))
        sums = (zlib.crc32(array.array("i", t.encode(x).ids).tobytes()) & 0xFFFF for x in texts)
        (one / "sums").write_bytes(array.array("H", sums).tobytes())


main()
