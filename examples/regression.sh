#!/usr/bin/env bash
# Finds a slow-down of ten percent, and stays silent when nothing changed. Takes
# half a minute on a quiet machine, needs nothing but loadgate (LOADGATE names
# another binary), and leaves nothing behind. SLOWER is the slower server's time
# for a token, and arguments go to each run: both for a busier machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
loadgate=${LOADGATE:-loadgate}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/regression.yaml" "$work/gate.yaml"
cd "$work"

# run NAME EXIT ARGS...: runs the gate, which must end with that exit code.
more=("$@")
run() {
  local name=$1 want=$2 got=0
  shift 2
  echo "== $name"
  "$loadgate" run gate.yaml --progress none --out "$name" "$@" "${more[@]}" >"$name.txt" 2>&1 || got=$?
  sed -n '/^compared with/,$p' "$name.txt"
  if [ "$got" != "$want" ]; then
    cat "$name.txt"
    echo "regression.sh: $name ended with exit $got, not $want" >&2
    exit 1
  fi
}

run first 0
"$loadgate" baseline accept first -o baselines/regression.json --reason "the first run"
run unchanged 0
run slower 1 --set "backends.server.server.itl=${SLOWER:-8.8ms}"
echo "== the unchanged server passed, the slower one did not"
