# shellcheck shell=sh
# Sourced by toolchains/setup after sources.sh: what a build for an ARM board links, under build/deps/TARGET.
#   include, lib    built here with the target's toolchain file: mbedTLS, libpsl, Catch2; Boost and toml++ are the host's headers
#   root            Debian packages of the target's architecture, unpacked: SQLite, libsodium, c-ares, utf8proc. They are of the
#                   release this machine runs, since they must fit the C library of its cross compiler.
# libpsl is built here because Debian's drags in 2 MiB of libraries for internationalized names that Sluice does not ask it for.

debian_arch() { case $1 in aarch64) echo arm64;; armv7hf) echo armhf;; *) die "unknown target $1: aarch64 or armv7hf";; esac; }
triplet() { case $1 in aarch64) echo aarch64-linux-gnu;; *) echo arm-linux-gnueabihf;; esac; }
target_packages='libsqlite3-dev libsqlite3-0 libsodium-dev libsodium23 libc-ares-dev libc-ares2 libutf8proc-dev libutf8proc2 libutf8proc3'

foreign_apt() { # ARCHITECTURE TOOL ARGUMENTS...: apt of this machine's release for another architecture, kept apart from it
  foreign=$deps/apt-$1; architecture=$1 tool=$2; shift 2
  "$tool" -q -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
    -o Dir::Etc::sourcelist="$foreign/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$foreign/lists" \
    -o Dir::State::status="$foreign/status" -o Dir::Cache="$foreign/cache" -o APT::Sandbox::User=root \
    -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}
open_foreign_apt() { # ARCHITECTURE
  foreign=$deps/apt-$1
  [ ! -e "$foreign/ready" ] || return 0
  uri=$(mirror_uri)
  [ -n "$uri" ] || die "found no Debian archive in this machine's apt configuration (apt-get indextargets)"
  key=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -e "$key" ] || key=/usr/share/keyrings/debian-archive-keyring.pgp
  mkdir -p "$foreign/lists/partial" "$foreign/cache/archives/partial"
  : > "$foreign/status"
  echo "deb [signed-by=$key] $uri $(codename) main" > "$foreign/sources.list"
  step "reading the package lists for $1" foreign_apt "$1" apt-get update
  : > "$foreign/ready"
}
in_target_dl() { cd "$prefix/dl" && "$@"; }
unpack_all() { for d in "$prefix"/dl/*.deb; do dpkg -x "$d" "$prefix/root" || return 1; done; }

debian_libraries() { # of the target, unpacked into root
  s=$(echo "$target_packages"; codename)
  ! is_built debian "$s" || return 0
  architecture=$(debian_arch "$target")
  open_foreign_apt "$architecture"
  rm -rf "$prefix/dl" "$prefix/root"; mkdir -p "$prefix/dl" "$prefix/root"
  # shellcheck disable=SC2046
  step "fetching libraries for $target" in_target_dl foreign_apt "$architecture" apt-get download \
    $(for p in $target_packages; do ! foreign_apt "$architecture" apt-cache show "$p" >/dev/null 2>&1 || echo "$p"; done)
  step "unpacking them" unpack_all
  rm -rf "$prefix/dl"
  echo "$s" > "$(stamp_file debian)"
}

meson_file() { # what meson wants to know of a target
  cat <<FILE
[binaries]
c = '$(triplet "$target")-gcc'
ar = '$(triplet "$target")-ar'
strip = '$(triplet "$target")-strip'
[built-in options]
c_args = ['-Os', '-ffunction-sections', '-fdata-sections'$([ "$target" = aarch64 ] || printf ", '-march=armv7-a+fp', '-mthumb', '-D_FILE_OFFSET_BITS=64', '-D_TIME_BITS=64'")]
[host_machine]
system = 'linux'
cpu_family = '$([ "$target" = aarch64 ] && echo aarch64 || echo arm)'
cpu = '$target'
endian = 'little'
FILE
}
public_suffixes() { # libpsl with the public suffix list inside, without IDN libraries
  s=$(stamp_of libpsl "$toolchain" /usr/share/publicsuffix/public_suffix_list.dat)
  ! is_built libpsl "$s" || return 0
  fetch libpsl 0.21 source libpsl
  src=$deps/src/libpsl.$target; rm -rf "$src"; mkdir -p "$src"
  step "unpacking $file" tar -xf "$deps/dl/$file" -C "$src" --strip-components=1
  meson_file > "$src/cross.ini"
  step "configuring libpsl for $target" meson setup "$src/obj" "$src" --cross-file "$src/cross.ini" --prefix "$prefix" --libdir lib \
    --default-library static -Druntime=no -Dbuiltin=true -Dpsl_file=/usr/share/publicsuffix/public_suffix_list.dat
  step "building libpsl" ninja -C "$src/obj" -j "$jobs" install
  rm -rf "$src"
  echo "$s" > "$(stamp_file libpsl)"
}

target_libraries() { # TARGET; leaves prefix and toolchain as they were
  host_prefix=$prefix
  target=$1 prefix=$deps/$1 toolchain=$root/toolchains/cmake/targets/$1.cmake compiler=$(triplet "$1")-g++
  mkdir -p "$prefix/include"
  for h in boost toml++; do ln -sfn "$host_prefix/include/$h" "$prefix/include/$h"; done
  debian_libraries
  public_suffixes
  library mbedtls 3.6 -DENABLE_PROGRAMS=OFF -DENABLE_TESTING=OFF -DGEN_FILES=OFF -DMBEDTLS_FATAL_WARNINGS=OFF \
    -DMBEDTLS_USER_CONFIG_FILE="$user_config"
  case " $sets " in *" test "*) library catch2 3.7 -DCMAKE_CXX_STANDARD=20 -DBUILD_TESTING=OFF -DCATCH_INSTALL_DOCS=OFF ;; esac
  prefix=$host_prefix
  unset target toolchain compiler
}
