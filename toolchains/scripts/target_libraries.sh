# shellcheck shell=sh
# Sourced by toolchains/setup after sources.sh: what a build for an ARM board links, under build/deps/TARGET.
#   include, lib    built here with the target's toolchain file: mbedTLS, libpsl, Catch2; Boost and toml++ are the host's headers
#   root            Debian packages of the target's architecture, unpacked: SQLite, libsodium, c-ares, utf8proc. They are of the
#                   release this machine runs, since they must fit the C library of its cross compiler.
# libpsl is built here because Debian's drags in 2 MiB of libraries for internationalized names that Sluice does not ask it for.
: "${deps:?set by the caller}" "${root:?}" "${user_config:?}" "${hot_files:?}" "${jobs:?}" "${file=}" "${sets=}"

debian_arch() { case $1 in aarch64) echo arm64;; armv7hf) echo armhf;; *) die "unknown target $1: aarch64 or armv7hf";; esac; }
triplet() { case $1 in aarch64) echo aarch64-linux-gnu;; *) echo arm-linux-gnueabihf;; esac; }
target_packages='libsqlite3-dev libsqlite3-0 libsodium-dev libsodium23 libc-ares-dev libc-ares2 libutf8proc-dev libutf8proc2 libutf8proc3'

debian_libraries() { # of the target, unpacked into root
  architecture=$(debian_arch "$target")
  foreign_open "$architecture" "$(debian_codename)"
  names=
  for p in $target_packages; do [ -z "$(foreign_version "$architecture" "$p")" ] || names="$names $p"; done
  # shellcheck disable=SC2086
  { foreign_download "$architecture" $names; foreign_unpack "$architecture" "$prefix/root" $names; }
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
  target=$1 prefix=$deps/$1 toolchain=$root/toolchains/cmake/targets/$1.cmake
  # shellcheck disable=SC2034  # read by stamp_of
  compiler=$(triplet "$1")-g++
  mkdir -p "$prefix/include"
  for h in boost toml++; do ln -sfn "$host_prefix/include/$h" "$prefix/include/$h"; done
  debian_libraries
  [ "$target" != aarch64 ] || newer_ld # for 32-bit ARM no GNU ld packs relocations
  public_suffixes
  library mbedtls 3.6 -DENABLE_PROGRAMS=OFF -DENABLE_TESTING=OFF -DGEN_FILES=OFF -DMBEDTLS_FATAL_WARNINGS=OFF \
    -DMBEDTLS_USER_CONFIG_FILE="$user_config" -DCMAKE_BUILD_TYPE=MinSizeRel \
    -DCMAKE_PROJECT_INCLUDE="$hot_files"
  case " $sets " in *" checks "*) library catch2 3.7 -DCMAKE_CXX_STANDARD=20 -DBUILD_TESTING=OFF -DCATCH_INSTALL_DOCS=OFF ;; esac
  prefix=$host_prefix
  unset target toolchain compiler
}
