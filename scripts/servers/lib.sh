# Read by the scripts of this folder, each of which names a server, says how it is
# installed and with which command it runs:
#
#   NAME.sh start       installs (once), starts, waits, prints the URL
#   NAME.sh stop
#   NAME.sh installed   says by its exit code whether start would install nothing
#
# CACHE is where it installs (default ~/.cache/loadgate/NAME), PORT where it
# listens, on the loopback only.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CACHE:-$HOME/.cache/loadgate/$name}
port=${PORT:-$default_port}
url=http://127.0.0.1:$port
pidfile=$cache/server.pid
export DO_NOT_TRACK=1

# venv PACKAGE... installs Python packages into the server's own environment.
venv() {
  python3 -m venv "$cache/venv"
  nice "$cache/venv/bin/pip" install --quiet "$@" >&2
}

# serve SECONDS PATH COMMAND... starts a server and waits until PATH answers.
serve() {
  local seconds=$1 path=$2
  shift 2
  "$@" >"$cache/server.log" 2>&1 &
  echo $! >"$pidfile"
  for _ in $(seq $((seconds * 4))); do
    if curl --silent --fail --max-time 2 --output /dev/null "$url$path"; then
      echo "$url"
      return
    fi
    kill -0 "$(cat "$pidfile")" 2>/dev/null || { tail "$cache/server.log" >&2; echo "$name ended" >&2; return 1; }
    sleep 0.25
  done
  echo "$name does not answer at $url$path; see $cache/server.log" >&2
  return 1
}

start() {
  mkdir -p "$cache"
  if ! installed; then
    echo "installing $name into $cache; this happens once" >&2
    install
    touch "$cache/installed"
  fi
  run
}

stop() {
  [ -e "$pidfile" ] || return 0
  kill "$(cat "$pidfile")" 2>/dev/null || true
  rm -f "$pidfile"
}

installed() { [ -e "$cache/installed" ]; }

# act runs what the command line asks for; else it prints the script's own head.
act() {
  case ${1:-} in
    start | stop | installed) "$1" ;;
    *) sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
  esac
}
