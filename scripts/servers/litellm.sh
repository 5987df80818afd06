#!/usr/bin/env bash
# A real LiteLLM proxy on the loopback: a gateway with a key, in front of another
# server of this folder.
#
#   scripts/servers/litellm.sh start | stop | installed
#
# UPSTREAM  the server behind it, with /v1 (default: that of llama-cpp.sh)
# RPM       requests a minute that the model tiny-limited takes, default 30
# The models are tiny and tiny-limited; the key is sk-local-test.
name=litellm default_port=18084
. "$(dirname "$0")/lib.sh"

install() { venv 'litellm[proxy]==1.106.2'; }

run() {
  local upstream=${UPSTREAM:-http://127.0.0.1:18080/v1}
  cat >"$cache/config.yaml" <<Y
model_list:
  - {model_name: tiny, litellm_params: {model: hosted_vllm/tiny, api_base: "$upstream", api_key: none}}
  - {model_name: tiny-limited, litellm_params: {model: hosted_vllm/tiny, api_base: "$upstream", api_key: none, rpm: ${RPM:-30}}}
router_settings: {enable_pre_call_checks: true}
general_settings: {master_key: sk-local-test}
litellm_settings: {telemetry: false, num_retries: 0}
Y
  export LITELLM_TELEMETRY=False LITELLM_LOCAL_MODEL_COST_MAP=True NO_DOCS=True
  serve 120 /health/liveliness "$cache/venv/bin/litellm" --config "$cache/config.yaml" --host 127.0.0.1 --port "$port" --num_workers 1
}

act "$@"
