#!/bin/sh
# simppd @VERSION@ for @TARGET@: one file. This header unpacks what follows it (the Deno runtime and
# the program) into a private cache folder, once, and starts it with no more rights than it needs.
# Simppd and Deno are free software under the MIT licence:
@LICENCE@
set -eu
umask 077

fail() {
  echo "simppd: $1" >&2
  exit 1
}

sum() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum
  elif command -v shasum >/dev/null 2>&1; then shasum -a 256
  else fail "neither sha256sum nor shasum is here; one of them is needed to check this file"
  fi | cut -c 1-64
}

# The cache folder is named by the SHA-256 of its content, belongs to this user, and is closed to all
# others: whoever could write there could run anything as this user anyway.
if [ -n "${XDG_CACHE_HOME:-}" ]; then base=$XDG_CACHE_HOME/simppd
elif [ -n "${HOME:-}" ] && [ -w "$HOME" ]; then base=$HOME/.cache/simppd
else base=${TMPDIR:-/tmp}/simppd-cache-$(id -u)
fi
case $base in
  /*) ;;
  *) base=$PWD/$base ;;
esac
cache=$base/@DIGEST@
private() {
  mkdir -p "$1" || fail "cannot make $1; set XDG_CACHE_HOME to a folder that can be written"
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] || fail "$1 is not a folder of yours; remove it"
  case $(ls -ld "$1") in
    d???------*) ;;
    *) fail "$1 is open to other users; remove it, or: chmod -R go= $1" ;;
  esac
}
private "$base"
private "$cache"

# part NAME OFFSET LENGTH SHA256: unpacks one gzip member behind this header, unless it is there.
part() {
  fresh=$cache/$1.$$
  trap 'rm -f "$fresh"' EXIT
  trap 'exit 1' HUP INT TERM
  tail -n +@LINES@ "$self" | tail -c "+$2" | head -c "$3" | gzip -dc >"$fresh" 2>/dev/null || :
  [ "$(sum <"$fresh")" = "$4" ] || fail "$self is damaged, or the disk is full; get it anew"
  chmod 0500 "$fresh"
  mv -f "$fresh" "$cache/$1"
  trap - EXIT HUP INT TERM
}
self=$0
runtime=$cache/deno
program=$cache/simppd.js
# The runtime is large: its whole digest is taken when it is unpacked, its size at every start.
if [ ! -f "$runtime" ] || [ -L "$runtime" ] || [ "$(wc -c <"$runtime")" -ne @RUNTIME_SIZE@ ]; then
  part deno 1 @RUNTIME_PACKED@ @RUNTIME_DIGEST@
fi
if [ ! -f "$program" ] || [ -L "$program" ] || [ "$(sum <"$program")" != @PROGRAM_DIGEST@ ]; then
  part simppd.js "$((@RUNTIME_PACKED@ + 1))" @PROGRAM_PACKED@ @PROGRAM_DIGEST@
fi

# Read and write: the state directory, or the server's, and the file that backup or restore names.
# Read: the files that `server run` names, what `display` shows and `file send` sends;
# read and write: where `file get` saves. Deno divides its lists at commas, so a path with one would
# grant something else.
case @TARGET@ in
  *-darwin*) state="${HOME:-/nowhere}/Library/Application Support/simppd" ;;
  *) state=${HOME:-/nowhere}/.local/state/simppd
    case ${XDG_STATE_HOME:-} in
      /*) state=$XDG_STATE_HOME/simppd ;;
    esac
    ;;
esac
# grant OPTION VALUE: what a value stands for.
files= viewer=
grant() {
  case $1:$2 in
    --state:* | --data:*) state=$2 ;;
    --certificate:* | --key:*) file "$2" ;;
    --database:@*) file "${2#@}" ;;
    --display-command:*) viewer=$2 ;;
    --component:*=@* | --turn:*=@*) file "${2#*=@}" ;;
  esac
}
file() {
  case $1 in
    *,*) fail "a path with a comma cannot be granted: $1" ;;
    /*) files=$files,$1 ;;
    *) files=$files,$PWD/$1 ;;
  esac
}
case ${1:-}:${SIMPPD_DATABASE:-} in
  server:@*) file "${SIMPPD_DATABASE#@}" ;;
esac
next= named= action= verb=${1:-} deed= place=0
# plain WORD: of `file`, whose words are deed, whom or what, paths.
plain() {
  place=$((place + 1))
  case $place:$deed in
    1:) ;;
    2:) deed=$1 ;;
    [4-9]:send | [1-9][0-9]*:send) file "$1" ;;
    4:get) named=$1 ;;
  esac
}
for word in "$@"; do
  if [ -n "$next" ]; then
    grant "$next" "$word"
    next=
    continue
  fi
  case $word in
    --) break ;;
    --state | --data | --certificate | --key | --database | --component | --turn | --display-command | --group | --to | --ways | --people | --roles | --place) next=$word ;;
    --*=*) grant "${word%%=*}" "${word#*=}" ;;
    -*) ;;
    *) if [ "$verb" = file ]; then plain "$word"; continue; fi ;;
  esac
  case $word in
    -*) ;;
    server) action=server ;;
    display) ;;
    backup | restore) action=$action-$word ;;
    *) named=${named:-$word} ;;
  esac
done
case $verb:$named in
  display:clear | display:history | display:show | display:close | display:policy) ;;
  display:?*) file "$named" ;;
esac
# Without a path a file is saved in the folder one is in.
case $verb:$deed:$named in
  file:get:) named=$PWD ;;
esac
case $verb:$action in
  file:*) ;;
  backup:* | restore:* | server:server-backup) ;;
  *) named= ;;
esac
case $named in
  *,*) fail "a path with a comma cannot be granted: $named" ;;
  "" | /*) ;;
  *) named=$PWD/$named ;;
esac
case $state in
  *,*) fail "a path with a comma cannot be granted: $state" ;;
  /*) ;;
  *) state=$PWD/$state ;;
esac
programs=
for name in @RUN@; do
  if command -v "$name" >/dev/null 2>&1; then programs=${programs:+$programs,}$name; fi
done
# The program that shown files are handed to: what it names, and nothing else.
case $verb:$viewer in
  run:*,*) fail "a program with a comma in its name cannot be granted: $viewer" ;;
  run:?*)
    command -v "$viewer" >/dev/null 2>&1 || fail "--display-command: $viewer is not on the PATH"
    programs=${programs:+$programs,}$viewer
    ;;
esac

export DENO_DIR="$cache/compiled" DENO_NO_UPDATE_CHECK=1
# The first start analyses the program, which takes some 50 MB that no allocator gives back: a process
# of its own does it and ends. Without it the start below does so itself.
if [ ! -d "$DENO_DIR" ]; then
  "$runtime" cache --quiet --no-config --no-lock --no-remote --no-npm "$program" \
    </dev/null >/dev/null 2>&1 || :
fi
exec "$runtime" run --quiet --no-prompt --no-config --no-lock --no-remote --no-npm @ENGINE_FLAGS@ \
  --allow-net --allow-read="$program,$state${named:+,$named,$named.part}$files" \
  --allow-write="$state${named:+,$named,$named.part}" \
  --allow-env=@ENV@ --allow-sys=@SYS@ ${programs:+"--allow-run=$programs"} \
  "$program" "$@"
