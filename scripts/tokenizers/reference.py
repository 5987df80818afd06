"""Encodes a corpus with the reference libraries.

usage: reference.py CORPUS FOLDER...    FOLDER holds a tokenizer.json, or is named after one of
                                        tiktoken's encodings and holds ranks.js of js-tiktoken

In FOLDER, ids is written, a line a text, and ids.seconds, the CPU time that it
took. Nothing is added around a text, cut off or padded.
"""

import base64
import json
import os
import pathlib
import re
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"


def encoder(folder):
    """Returns a function from a text to its ids."""
    ranks = folder / "ranks.js"
    if ranks.exists():
        import tiktoken
        import tiktoken_ext.openai_public as public

        # The encodings' patterns are the library's own; their ranks are not
        # downloaded, but those of the npm package.
        public.load_tiktoken_bpe = lambda *_, **__: read_ranks(ranks)
        public.data_gym_to_mergeable_bpe_ranks = lambda *_, **__: read_ranks(ranks)
        return tiktoken.Encoding(**getattr(public, folder.name)()).encode_ordinary
    from tokenizers import Tokenizer

    t = Tokenizer.from_file(str(folder / "tokenizer.json"))
    t.no_truncation()
    t.no_padding()
    return lambda text: t.encode(text, add_special_tokens=False).ids


def read_ranks(path):
    """Reads lines of "! FIRST TOKEN TOKEN…", tokens in base64, ids counted on."""
    ranks = {}
    text = path.read_text()
    packed = re.search(r'bpe_ranks":\s*"((?:[^"\\]|\\.)*)"', text).group(1)
    for line in json.loads('"' + packed + '"').split("\n"):
        if line:
            _, first, *tokens = line.split(" ")
            ranks.update({base64.b64decode(t): int(first) + i for i, t in enumerate(tokens)})
    return ranks


def main():
    texts = [json.loads(line) for line in open(sys.argv[1])]
    size = sum(len(t.encode()) for t in texts)
    for folder in map(pathlib.Path, sys.argv[2:]):
        encode = encoder(folder)
        encode("warm up")
        start = time.process_time()
        all_ids = [encode(t) for t in texts]
        seconds = time.process_time() - start
        (folder / "ids").write_text("\n".join(" ".join(map(str, ids)) for ids in all_ids) + "\n")
        (folder / "ids.seconds").write_text(f"{seconds}\n")
        print(f"{folder.name}: {size / seconds / 1e6:.2f} MB/s", flush=True)


main()
