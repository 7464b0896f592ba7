# shellcheck shell=sh
# Sourced by toolchains/setup after foreign.sh: GNU ld of Debian 13 for 64-bit ARM, under build/deps/aarch64/ld, on a machine whose
# own cannot pack relative relocations (DT_RELR: a bit each instead of 24 octets; Debian 12). It is unpacked, not installed, and runs with
# the C library it was built for. toolchains/cmake/targets/aarch64.cmake uses it where it lies there.
: "${deps:?set by the caller}" "${prefix:?}" "${log:?}"

newer_ld_packages='binutils-aarch64-linux-gnu libsframe1 libjansson4 libzstd1 zlib1g libc6'

packs_relocations() { # GCC-OPTIONS...: does a program come out with DT_RELR?
  newer_ld_probe=$(mktemp -d)
  printf 'int a; int *p = &a; int main(void) { return !p; }\n' > "$newer_ld_probe/a.c"
  newer_ld_found=1
  aarch64-linux-gnu-gcc "$@" -pie -fPIE -Wl,-z,pack-relative-relocs -o "$newer_ld_probe/a" "$newer_ld_probe/a.c" 2>> "$log" &&
    aarch64-linux-gnu-readelf -d "$newer_ld_probe/a" | grep -q '(RELR)' && newer_ld_found=0
  rm -rf "$newer_ld_probe"
  return $newer_ld_found
}
put_ld() { # found by gcc -B; its folder can be moved with the tree
  cat > "$prefix/ld/ld" <<'FILE'
#!/bin/sh
root=${0%/*}/root/usr
set -- "$root"/bin/aarch64-linux-gnu-ld.bfd "$@"
for loader in "$root"/lib/*/ld-linux-*.so.*; do exec "$loader" --library-path "${loader%/*}" "$@"; done
FILE
  chmod 755 "$prefix/ld/ld"
}
newer_ld() { # for the target whose prefix is $prefix
  if packs_relocations; then rm -rf "$prefix/ld"; return 0; fi
  foreign_open newer trixie
  mkdir -p "$prefix/ld"
  # shellcheck disable=SC2086
  { foreign_download newer $newer_ld_packages; foreign_unpack newer "$prefix/ld/root" $newer_ld_packages; }
  put_ld
  packs_relocations "-B$prefix/ld/" || die "the linker in $prefix/ld does not work; see $log"
}
