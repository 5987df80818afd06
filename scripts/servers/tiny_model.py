#!/usr/bin/env python3
"""Write a tiny, untrained Llama model, so that a real engine has something to
decode without any download.

    tiny_model.py OUT.gguf [--context 32768] [--seed 1]     for llama.cpp and ollama
    tiny_model.py OUT/ [--context 2048] [--seed 1]          a folder for vLLM and transformers

The text that it generates is noise; prefill, batching, sampling and streaming
are the engine's own. The vocabulary is a byte-level BPE trained on the reference
texts that come with Python. Needs: numpy, tokenizers, and gguf or safetensors.
"""
import argparse
import json
import pathlib
from pydoc_data.topics import topics

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


def describe(gguf, out, tok, context):
    """The header: architecture, sizes, tokenizer."""
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


def matrices(words, seed):
    """The weights by role: (name of a layer or None, role) and values."""
    rng = np.random.default_rng(seed)

    def matrix(rows, columns, scale=1.0):
        return (rng.standard_normal((rows, columns)) * scale / np.sqrt(columns)).astype(np.float32)

    yield None, "embedding", matrix(words, WIDTH, np.sqrt(WIDTH))
    for layer in range(LAYERS):
        for norm in ("attention_norm", "mlp_norm"):
            yield layer, norm, np.ones(WIDTH, np.float32)
        for part in ("q", "k", "v", "o"):
            yield layer, part, matrix(WIDTH, WIDTH)
        yield layer, "gate", matrix(FEED_FORWARD, WIDTH)
        yield layer, "up", matrix(FEED_FORWARD, WIDTH)
        yield layer, "down", matrix(WIDTH, FEED_FORWARD)
    yield None, "norm", np.ones(WIDTH, np.float32)
    yield None, "head", matrix(words, WIDTH, 3.0)


GGUF_NAMES = {
    "embedding": "token_embd", "norm": "output_norm", "head": "output", "attention_norm": "attn_norm", "mlp_norm": "ffn_norm",
    "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
}
LLAMA_NAMES = {
    "embedding": "model.embed_tokens", "norm": "model.norm", "head": "lm_head",
    "attention_norm": "input_layernorm", "mlp_norm": "post_attention_layernorm",
    "q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj",
    "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj",
}


def write_gguf(path, tok, context, seed):
    import gguf

    out = gguf.GGUFWriter(path, "llama")
    words = describe(gguf, out, tok, context)
    for layer, role, values in matrices(words, seed):
        prefix = "" if layer is None else f"blk.{layer}."
        out.add_tensor(f"{prefix}{GGUF_NAMES[role]}.weight", values)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def write_folder(path, tok, context, seed):
    from safetensors.numpy import save_file

    path.mkdir(parents=True, exist_ok=True)
    words = tok.get_vocab_size()
    tensors = {}
    for layer, role, values in matrices(words, seed):
        prefix = "" if layer is None else f"model.layers.{layer}."
        tensors[f"{prefix}{LLAMA_NAMES[role]}.weight"] = values
    save_file(tensors, path / "model.safetensors", metadata={"format": "pt"})
    tok.save(str(path / "tokenizer.json"))

    def write(name, value):
        (path / name).write_text(json.dumps(value, indent=1) + "\n")

    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    write("config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "float32", "vocab_size": words,
        "hidden_size": WIDTH, "intermediate_size": FEED_FORWARD, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS, "max_position_embeddings": context, "rms_norm_eps": 1e-5, "hidden_act": "silu",
        "tie_word_embeddings": False, **ends,
    })
    write("generation_config.json", ends)
    write("tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": context, "chat_template": TEMPLATE,
        "bos_token": CONTROL[0], "eos_token": CONTROL[0], "pad_token": CONTROL[0], "clean_up_tokenization_spaces": False,
    })


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("--context", type=int, default=32768)
    args.add_argument("--seed", type=int, default=1)
    args = args.parse_args()
    tok = vocabulary()
    write = write_gguf if args.out.suffix == ".gguf" else write_folder
    write(args.out, tok, args.context, args.seed)
    print(f"{args.out}: {tok.get_vocab_size()} tokens in the vocabulary")


if __name__ == "__main__":
    main()
