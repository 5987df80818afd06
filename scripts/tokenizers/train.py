"""Trains small tokenizers of many kinds.

usage: train.py CORPUS PROSE FOLDER    FOLDER/NAME/tokenizer.json is written for each;
                                       PROSE holds Markdown

Their parts are put together as published models do, which the names say, and
some as none does. What is trained is no good; what matters is the parts.
"""

import base64
import collections
import json
import pathlib
import sys
import tempfile
import unicodedata

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SIZE = 1200


def few_rules(path):
    """Writes rules of the kinds that nmt_nfkc has, but few of them."""
    rules = {chr(c): unicodedata.normalize("NFKC", chr(c)) for low, high in ((0xFF01, 0xFF9F), (0xFB00, 0xFB06), (0x2460, 0x2473), (0x3300, 0x3357)) for c in range(low, high)}
    rules |= dict.fromkeys("\t\n\r\u00a0\u3000\u2003\u200b\ufeff", " ") | dict.fromkeys("\x01\x7f\u00ad", "")
    rules |= {d: unicodedata.normalize("NFC", d) for c in "àáâãäèéêëìíîïòóôõöùúûü" if (d := unicodedata.normalize("NFD", c))}
    path.write_text("".join(" ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n" for a, b in rules.items()))


def charsmap(rule):
    """Takes the characters' map of a rule, such as nmt_nfkc, out of a SentencePiece model."""
    import sentencepiece

    with tempfile.TemporaryDirectory() as folder:
        text = pathlib.Path(folder, "text")
        text.write_text("a b c d e f g h\n" * 50)
        options = {"normalization_rule_name": rule}
        if rule == "few":
            few_rules(pathlib.Path(folder, "rules"))
            options = {"normalization_rule_tsv": f"{folder}/rules"}
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=f"{folder}/m", vocab_size=14, hard_vocab_limit=False, minloglevel=2, **options
        )
        model = pathlib.Path(folder, "m.model").read_bytes()
    return base64.b64encode(field(field(model, 3), 2)).decode()  # normalizer_spec.precompiled_charsmap


def field(message, number):
    """Returns a field of bytes of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 2:
            size = varint()
            if key >> 3 == number:
                return message[at : at + size]
            at += size
        elif key & 7 == 0:
            varint()
        else:
            at += {1: 8, 5: 4}[key & 7]
    raise ValueError(f"no field {number}")


def bpe(**options):
    return models.BPE(**options)


def byte_trainer(specials=()):
    return trainers.BpeTrainer(vocab_size=SIZE, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=list(specials), show_progress=False)


def metaspace_trainer():
    specials = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    return trainers.BpeTrainer(vocab_size=SIZE + 256, special_tokens=specials, limit_alphabet=250, show_progress=False)


def build(name, model, trainer, normalizer=None, pre=None, added=(), special=(), texts=None):
    t = Tokenizer(model)
    if normalizer is not None:
        t.normalizer = normalizer
    if pre is not None:
        t.pre_tokenizer = pre
    t.train_from_iterator(texts, trainer)
    t.add_special_tokens(list(special))
    t.add_tokens(list(added))
    return name, json.loads(t.to_str())


def tokenizers(texts):
    def make(*args, **kwargs):
        return build(*args, **{"texts": texts, **kwargs})

    # A unigram model takes every character into its vocabulary.
    common = {c for c, _ in collections.Counter("".join(texts)).most_common(400)}
    plain = [t for t in texts if common.issuperset(t)]

    sequence, split, byte = pre_tokenizers.Sequence, pre_tokenizers.Split, pre_tokenizers.ByteLevel
    plain_bytes = byte(add_prefix_space=False, use_regex=False)
    yield make("gpt2", bpe(), byte_trainer(["<|endoftext|>"]), pre=byte(add_prefix_space=False))
    yield make(
        "roberta", bpe(), byte_trainer(["<s>", "</s>", "<unk>"]), pre=byte(add_prefix_space=True),
        special=[AddedToken("<mask>", lstrip=True)], added=[AddedToken("born", single_word=True), AddedToken(" rights", rstrip=True)],
    )
    name, t = make("llama3", bpe(), byte_trainer(["<|begin_of_text|>"]), pre=sequence([split(Regex(GPT4), "isolated"), plain_bytes]))
    t["model"]["ignore_merges"] = True
    # A token that no merge makes, as Llama 3 has some.
    t["model"]["vocab"]["Ġunmergeable"] = max(t["model"]["vocab"].values()) + 1
    yield name, t
    yield make(
        "qwen2", bpe(), byte_trainer(), normalizer=normalizers.NFC(), special=["<|im_start|>", "<|im_end|>"],
        pre=sequence([split(Regex(GPT4.replace(r"\p{N}{1,3}", r"\p{N}")), "isolated"), plain_bytes]),
    )
    yield make(
        "starcoder", bpe(), byte_trainer(["<|endoftext|>", "<fim_prefix>"]), pre=sequence([pre_tokenizers.Digits(True), byte(add_prefix_space=False)]),
    )
    yield make(
        "falcon", bpe(), byte_trainer(), normalizer=normalizers.NFKC(),
        pre=sequence([pre_tokenizers.Punctuation("contiguous"), byte(add_prefix_space=False), pre_tokenizers.Digits(False), split(Regex("[0-9][0-9][0-9]"), "isolated")]),
    )
    yield make(
        "clip", bpe(unk_token="<|endoftext|>", end_of_word_suffix="</w>"),
        trainers.BpeTrainer(vocab_size=SIZE, initial_alphabet=byte.alphabet(), special_tokens=["<|startoftext|>", "<|endoftext|>"], end_of_word_suffix="</w>", show_progress=False),
        normalizer=normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]),
        pre=sequence([split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True), plain_bytes]),
    )
    yield make(
        "bytenormalizer", bpe(), byte_trainer(),
        normalizer=normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.ByteLevel()]),
        pre=split(Regex("Ġ?[^Ġ]+"), "isolated"),
    )
    prepended = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    yield make("llama2", bpe(unk_token="<unk>", fuse_unk=True, byte_fallback=True), metaspace_trainer(), normalizer=prepended, pre=pre_tokenizers.Metaspace(prepend_scheme="never"))
    # Trained on words, and then used on whole texts, as SentencePiece does.
    name, t = make(
        "mistral", bpe(unk_token="<unk>", fuse_unk=True, byte_fallback=True), metaspace_trainer(), pre=pre_tokenizers.Metaspace(), special=["[INST]", "[/INST]"],
    )
    t["pre_tokenizer"] |= {"prepend_scheme": "first", "split": False}
    yield name, t
    name, t = make(
        "gemma", bpe(unk_token="<unk>", fuse_unk=True, byte_fallback=True), metaspace_trainer(), normalizer=normalizers.Replace(" ", "▁"),
        pre=pre_tokenizers.Metaspace(), added=["\n\n", "\t\t", "<start_of_turn>"],
    )
    t["pre_tokenizer"] = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
    yield name, t
    # Tokens of several words.
    yield make("superwords", bpe(unk_token="<unk>", fuse_unk=True, byte_fallback=True), metaspace_trainer(), normalizer=normalizers.Replace(" ", "▁"))
    # No byte fallback: unknown characters, apart and fused.
    for name, fuse in (("unknown", False), ("unknownfused", True)):
        yield make(
            name, bpe(unk_token="[UNK]", fuse_unk=fuse), trainers.BpeTrainer(vocab_size=800, limit_alphabet=120, special_tokens=["[UNK]"], show_progress=False),
            normalizer=normalizers.Strip(), pre=sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation("merged_with_next")]),
        )
    yield make(
        "continued", bpe(unk_token="[UNK]", continuing_subword_prefix="##"),
        trainers.BpeTrainer(vocab_size=900, limit_alphabet=200, special_tokens=["[UNK]"], continuing_subword_prefix="##", show_progress=False),
        normalizer=normalizers.NFKD(), pre=pre_tokenizers.WhitespaceSplit(),
    )
    wordpiece = lambda: trainers.WordPieceTrainer(vocab_size=SIZE, limit_alphabet=400, special_tokens=["[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False)
    yield make(
        "bert", models.WordPiece(unk_token="[UNK]"), wordpiece(), normalizer=normalizers.BertNormalizer(), pre=pre_tokenizers.BertPreTokenizer(),
        special=[AddedToken("[MASK]", lstrip=True, rstrip=True)],
    )
    yield make(
        "bertcased", models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20), wordpiece(),
        normalizer=normalizers.BertNormalizer(lowercase=False, strip_accents=False), pre=pre_tokenizers.BertPreTokenizer(),
    )
    unigram = lambda specials: trainers.UnigramTrainer(vocab_size=SIZE, special_tokens=specials, unk_token="<unk>", show_progress=False)
    name, t = make("t5", models.Unigram(), unigram(["<pad>", "</s>", "<unk>"]), texts=plain, normalizer=normalizers.NFKC(), pre=pre_tokenizers.Metaspace())
    t["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": charsmap("few")},
        {"type": "Strip", "strip_left": False, "strip_right": True}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]}
    yield name, t
    name, t = make("xlmroberta", models.Unigram(), unigram(["<s>", "<pad>", "</s>", "<unk>"]), texts=plain, normalizer=normalizers.Nmt(), pre=sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]),
                   special=[AddedToken("<mask>", lstrip=True, normalized=False)])
    t["normalizer"] = {"type": "Precompiled", "precompiled_charsmap": charsmap("nmt_nfkc_cf")}
    yield name, t
    name, t = make("albert", models.Unigram(), unigram(["<unk>", "[CLS]", "[SEP]"]), texts=plain,
                   normalizer=normalizers.Sequence([normalizers.Nmt(), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace("``", '"')]),
                   pre=pre_tokenizers.Metaspace())
    t["pre_tokenizer"]["split"] = False
    t["model"]["byte_fallback"] = True
    t["model"]["vocab"] += [[f"<0x{b:02X}>", -20.0] for b in range(256)]
    yield name, t


def main():
    corpus, prose, folder = sys.argv[1:]
    texts = [json.loads(line) for line in open(corpus)]
    texts = [t for t in texts[::2] if len(t) < 1000]
    # More words, so that there are some to make texts of.
    texts += [line for f in sorted(pathlib.Path(prose).rglob("*.md")) for line in f.read_text().lower().split("\n") if line.isascii()] * 3
    for name, t in tokenizers(texts):
        Tokenizer.from_str(json.dumps(t))  # the library reads it
        path = pathlib.Path(folder, "small-" + name, "tokenizer.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(t, ensure_ascii=False, separators=(",", ":")))


main()
