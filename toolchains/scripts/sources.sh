# shellcheck shell=sh
# Sourced by toolchains/setup: where locked sources come from, and how a library of them is built for a prefix. Wants the
# variables deps, prefix, lock, user_config, jobs, series_suite and the functions of progress.sh and foreign.sh. A cross build sets
# toolchain (a CMake toolchain file) and target (its name) besides.
: "${deps:?set by the caller}" "${prefix:?}" "${lock:?}" "${user_config:?}" "${hot_files:?}" "${jobs:?}" "${series_suite:?}"

# amd64 on every machine: what is taken are headers and sources.
private_apt() { apt_beside "$deps/apt" amd64 "$@"; }
open_private_apt() {
  [ -z "${apt_open:-}" ] || return 0
  apt_beside_open "$deps/apt" 'deb deb-src' "$series_suite"
  step "reading the package lists of Debian 13 (kept apart from this machine's)" private_apt apt-get update
  apt_open=1
}
locked_file() { sed -n "s/^[0-9a-f]*  \($1[^ ]*\)$/\1/p" "$lock"; }
matches_lock() { (cd "$deps/dl" && [ -f "$1" ] && grep -F "  $1" "$lock" | sha256sum --quiet -c - >/dev/null 2>&1); }

# fetch PREFIX SERIES KIND PACKAGE: sets $file. The locked file if the mirror has it; a signed newer one of the series
# otherwise.
fetch() {
  file=$(locked_file "$1_")
  rm -f "$deps/moved-on.$1"
  ! matches_lock "$file" || return 0
  open_private_apt
  rm -f "$deps/dl/$1"_*
  if [ "$3" = source ]; then step "fetching $4 (source)" in_dl private_apt apt-get source --download-only --tar-only "$4"
  else step "fetching $4" in_dl private_apt apt-get download "$4"; fi
  got=$(cd "$deps/dl" && echo "$1"_*)
  ! matches_lock "$got" || return 0
  [ "$got" != "$file" ] || die "checksum of $got differs from toolchains/deps.sha256: damaged or tampered with"
  case $got in
    "$1_$2"*) file=$got
      echo "NOTE: $got instead of the locked $(locked_file "$1_"): the mirror has moved on. It is of the same series and" \
        "signed by the Debian archive; put its checksum into toolchains/deps.sha256." > "$deps/moved-on.$1" ;;
    *) die "the mirror offers $got, wanted series $2 ($file): a new series needs a decision, not a download" ;;
  esac
}
in_dl() { cd "$deps/dl" && "$@"; }

# A component is rebuilt when its lock line, its options or the compiler change.
stamp_of() { { grep -F "  $1_" "$lock" || grep -F "  $1-" "$lock"; shift; cat "$@"; "${compiler:-c++}" -dumpfullversion; uname -m; echo "$prefix"; } | sha256sum; }
is_built() { [ "$(cat "$(stamp_file "$1")" 2>/dev/null)" = "$2" ]; }
stamp_file() { echo "$deps/stamp.${target:+$target.}$1"; }

headers() { # NAME SERIES
  s=$(stamp_of "$1" /dev/null)
  ! is_built "$1" "$s" || return 0
  fetch "$1" "$2" binary "$1"
  rm -rf "$deps/src/$1"; mkdir -p "$deps/src/$1" "$prefix/include"
  step "unpacking headers of $file" dpkg -x "$deps/dl/$file" "$deps/src/$1"
  for d in "$deps/src/$1"/usr/include/*; do rm -rf "$prefix/include/${d##*/}"; mv "$d" "$prefix/include/"; done
  rm -rf "$deps/src/$1"
  echo "$s" > "$(stamp_file "$1")"
}
library() { # NAME SERIES OPTIONS...
  name=$1 series=$2; shift 2
  s=$(stamp_of "$name" "$user_config" "${toolchain:-/dev/null}" "$hot_files"; echo "$*")
  ! is_built "$name" "$s" || return 0
  fetch "$name" "$series" source "$name"
  src=$deps/src/$name obj=$deps/obj/$name${target:+.$target}; rm -rf "$src" "$obj"; mkdir -p "$src" "$deps/obj"
  step "unpacking $file" tar -xf "$deps/dl/$file" -C "$src" --strip-components=1
  step "configuring $name${target:+ for $target}" cmake -S "$src" -B "$obj" -G Ninja ${toolchain:+-DCMAKE_TOOLCHAIN_FILE="$toolchain"} -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib "$@"
  step "building $name" cmake --build "$obj" -j "$jobs"
  step "installing $name under build/deps" cmake --install "$obj"
  rm -rf "$obj"
  echo "$s" > "$(stamp_file "$name")"
}
