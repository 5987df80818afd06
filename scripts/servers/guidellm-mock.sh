#!/usr/bin/env bash
# GuideLLM's own simulated vLLM server on the loopback: a server of somebody else's
# making, with known times.
#
#   scripts/servers/guidellm-mock.sh start | stop | installed
#
# TTFT, ITL  in ms, default 50 and 10
name=guidellm-mock default_port=18085
. "$(dirname "$0")/lib.sh"

install() { venv guidellm==0.8.1; }

run() {
  export HF_HUB_OFFLINE=1
  serve 60 /health "$cache/venv/bin/guidellm" mock-server --host 127.0.0.1 --port "$port" --model tiny \
    --ttft-ms "${TTFT:-50}" --itl-ms "${ITL:-10}" --output-tokens 32
}

act "$@"
