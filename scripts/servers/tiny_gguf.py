#!/usr/bin/env python3
"""Write a tiny, untrained Llama model as a GGUF file, so that a real engine has
something to decode without any download.

    tiny_gguf.py OUT.gguf [--context 32768] [--seed 1]

The text that it generates is noise; prefill, batching, sampling and streaming
are the engine's own. The vocabulary is a byte-level BPE trained on the reference
texts that come with Python. Needs: gguf, numpy, tokenizers.
"""
import argparse
from pydoc_data.topics import topics

import gguf
import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

WIDTH, HEADS, LAYERS, FEED_FORWARD, VOCABULARY = 64, 2, 2, 128, 1536
CONTROL = ["<|end|>", "<|user|>", "<|assistant|>"]
TEMPLATE = (
    "{%- for m in messages -%}<|{{ m['role'] }}|>"
    "{%- if m['content'] is string -%}{{ m['content'] }}"
    "{%- else -%}{%- for part in m['content'] -%}{{ part['text'] }}{%- endfor -%}{%- endif -%}"
    "{%- endfor -%}{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}"
)


def vocabulary():
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(
        topics.values(),
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=CONTROL,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return tok


def describe(out, tok, context):
    """The header: architecture, sizes, tokenizer."""
    import json

    out.add_name("tiny")
    out.add_context_length(context)
    out.add_embedding_length(WIDTH)
    out.add_block_count(LAYERS)
    out.add_feed_forward_length(FEED_FORWARD)
    out.add_head_count(HEADS)
    out.add_head_count_kv(HEADS)
    out.add_rope_dimension_count(WIDTH // HEADS)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_file_type(gguf.LlamaFileType.ALL_F32)
    ids = tok.get_vocab()
    words = sorted(ids, key=ids.get)
    merges = json.loads(tok.to_str())["model"]["merges"]
    out.add_vocab_size(len(words))
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list(words)
    out.add_token_types([gguf.TokenType.CONTROL if w in CONTROL else gguf.TokenType.NORMAL for w in words])
    out.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    out.add_bos_token_id(0)
    out.add_eos_token_id(0)
    out.add_add_bos_token(False)
    out.add_chat_template(TEMPLATE)
    return len(words)


def weights(out, words, seed):
    rng = np.random.default_rng(seed)

    def matrix(rows, columns, scale=1.0):
        return (rng.standard_normal((rows, columns)) * scale / np.sqrt(columns)).astype(np.float32)

    out.add_tensor("token_embd.weight", matrix(words, WIDTH, np.sqrt(WIDTH)))
    for layer in range(LAYERS):
        name = f"blk.{layer}."
        for norm in ("attn_norm", "ffn_norm"):
            out.add_tensor(name + norm + ".weight", np.ones(WIDTH, np.float32))
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            out.add_tensor(name + part + ".weight", matrix(WIDTH, WIDTH))
        out.add_tensor(name + "ffn_gate.weight", matrix(FEED_FORWARD, WIDTH))
        out.add_tensor(name + "ffn_up.weight", matrix(FEED_FORWARD, WIDTH))
        out.add_tensor(name + "ffn_down.weight", matrix(WIDTH, FEED_FORWARD))
    out.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    out.add_tensor("output.weight", matrix(words, WIDTH, 3.0))


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("out")
    args.add_argument("--context", type=int, default=32768)
    args.add_argument("--seed", type=int, default=1)
    args = args.parse_args()
    out = gguf.GGUFWriter(args.out, "llama")
    words = describe(out, vocabulary(), args.context)
    weights(out, words, args.seed)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    print(f"{args.out}: {words} tokens in the vocabulary")


if __name__ == "__main__":
    main()
