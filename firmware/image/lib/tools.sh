# Sourced by build and bundle: what is compiled for the box or for this machine. Results lie under build/deps, keyed by
# what they were made from.
# shellcheck shell=sh

rauc_series=1.13 # Debian 13's: builds with meson and without D-Bus, see firmware/docs/adr/0020-the-image-and-its-updater.md
rauc_options="--wrap-mode=nodownload --buildtype=plain -Dservice=false -Dnetwork=false -Dstreaming=false -Djson=disabled -Dgpt=disabled -Dtests=false -Dhtmldocs=false"

fetch_rauc() { # sets $rauc_source
  rauc_source=$deps/foreign/source/rauc
  [ ! -e "$rauc_source/meson.build" ] || return 0
  foreign_open source trixie
  step "fetching RAUC's source" rauc_tarball
  mkdir -p "$rauc_source"
  tar -xf "$(echo "$deps/foreign/source/deb/rauc_$rauc_series".orig.tar.*)" -C "$rauc_source" --strip-components=1
}
rauc_tarball() {
  cd "$deps/foreign/source/deb" && foreign_apt source apt-get source --download-only --tar-only rauc
  set -- rauc_"$rauc_series".orig.tar.*
  [ -e "$1" ] || { echo "the mirror has another series than $rauc_series: $(ls rauc_*)"; return 1; }
}
make_host_rauc() { # sets $host_rauc: makes and checks bundles on this machine
  host_rauc=$deps/rauc-host/rauc
  fetch_rauc
  [ -x "$host_rauc" ] || step "building RAUC for this machine" build_rauc "$deps/rauc-host"
}
make_box_rauc() { # sets $box_rauc
  box_rauc=$foreign_dir/rauc/rauc
  fetch_rauc
  [ "$box_rauc" -nt "$foreign_dir/dev.stamp" ] || step "building RAUC for the box" build_box_rauc
}
build_rauc() { # FOLDER MESON-OPTIONS...
  rauc_out=$1; shift
  rm -rf "$rauc_out"
  # shellcheck disable=SC2086
  meson setup $rauc_options "$@" "$rauc_out" "$rauc_source" && ninja -C "$rauc_out" rauc
}
build_box_rauc() { # GLib and libcrypto linked in, the C library and libmount shared: 7.3 MiB become 2.2 MiB in the squashfs
  dev=$foreign_dir/dev
  find "$dev/usr/lib/$triplet" -name '*.so' ! -name 'libmount.so' -delete
  libs=$dev/usr/lib/$triplet
  cat > "$foreign_dir/cross.ini" <<INI
[binaries]
c = '$cross-gcc'
ar = '$cross-ar'
strip = '$cross-strip'
pkgconfig = 'pkg-config'
[properties]
sys_root = '$dev'
pkg_config_libdir = '$libs/pkgconfig:$dev/usr/share/pkgconfig'
[built-in options]
c_args = ['-Os', '-ffunction-sections', '-fdata-sections', '-fstack-protector-strong', '-D_FORTIFY_SOURCE=2', $meson_c_args '-I$dev/usr/include', '-I$dev/usr/include/$triplet']
c_link_args = ['-L$libs', '-Wl,--gc-sections', '-Wl,--allow-shlib-undefined', '-Wl,-z,relro,-z,now']
[host_machine]
system = 'linux'
cpu_family = '$meson_cpu'
cpu = '$meson_cpu'
endian = 'little'
INI
  build_rauc "$foreign_dir/rauc" --cross-file "$foreign_dir/cross.ini" --prefer-static
}
make_verity_open() { # sets $verity_open
  verity_open=$foreign_dir/verity-open
  [ "$verity_open" -nt "$here/verity-open.c" ] || step "building verity-open" \
    "$cross-gcc" -std=c17 -Os -Wall -Wextra -Werror -static -ffunction-sections -Wl,--gc-sections -s -o "$verity_open" "$here/verity-open.c"
}
