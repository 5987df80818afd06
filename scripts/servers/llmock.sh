#!/usr/bin/env bash
# llmock on the loopback: a server that breaks its answers on purpose, and judges
# what its clients made of it.
#
#   scripts/servers/llmock.sh start | stop | installed
#
# FAULTS  what it breaks, default: truncates 3 of 10 streams and answers 1 of 10
#         requests with 429
name=llmock default_port=18086
. "$(dirname "$0")/lib.sh"

install() { venv llmock==0.2.2; }

run() {
  # shellcheck disable=SC2086 # words of a command
  serve 30 /health "$cache/venv/bin/llmock" serve --host 127.0.0.1 --port "$port" ${FAULTS:---error-rate-429 0.1 --stream-fault truncate=0.3}
}

act "$@"
