#!/usr/bin/env bash
# A real `transformers serve` on the loopback, with a tiny model that is made here.
# The model's name in requests is its folder, which start prints after the URL.
#
#   scripts/servers/transformers.sh start | stop | installed
#
# It runs in the environment of vllm.sh, which has to be installed before:
# VLLM  where that is (default ~/.cache/loadgate/vllm)
name=transformers default_port=18082
. "$(dirname "$0")/lib.sh"
vllm=${VLLM:-$HOME/.cache/loadgate/vllm}

installed() { [ -e "$vllm/installed" ]; }

install() { echo "start scripts/servers/vllm.sh first: it installs what this needs" >&2; return 1; }

run() {
  [ -e "$cache/tiny/config.json" ] || "$vllm/venv/bin/python" "$here/tiny_model.py" "$cache/tiny" --context 4096 >&2
  export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 OMP_NUM_THREADS=1
  serve 180 /health "$vllm/venv/bin/transformers" serve "$cache/tiny" --host 127.0.0.1 --port "$port" --device cpu
  echo "$cache/tiny"
}

act "$@"
