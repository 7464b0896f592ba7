# Sourced by build: the Debian packages of the box, what is taken from each, and where it goes. Only files that are named
# here (and the shared libraries they need, followed by their ELF headers) get into the image.
# shellcheck shell=sh

box_packages() { # PACKAGE[|ELSE...]  why; the first that this Debian has is taken
  cat <<'TABLE'
busybox              shell, init, mounts, DHCP client: the small system around Sluice
busybox-static       the same without libraries, for the initramfs
libc6                C library, loader, converters of character sets
libgcc-s1            C++ runtime
libstdc++6           C++ runtime
libsqlite3-0         Sluice: quarantine index
libsodium23          Sluice: Ed25519, password hashing, file encryption
libc-ares2           Sluice: DNS
libutf8proc2|libutf8proc3    Sluice: Unicode
ca-certificates      CA list for TLS to a downstream
e2fsprogs            checks, makes and grows the data partition
libext2fs2|libext2fs2t64     for it
libcom-err2|libcom-err2t64   for it
libss2               for it
libblkid1            for it, and for RAUC
libuuid1             for it
fdisk                grows the data partition at the first boot
libfdisk1            for it
libsmartcols1        for it
util-linux           tells the kernel of the grown partition (partx)
libtinfo6            for sfdisk
libreadline8|libreadline8t64 for sfdisk
libmount1            RAUC: reads the mount table
libselinux1          for it
libpcre2-8-0         for it
libubootenv-tool     fw_printenv, fw_setenv: boot order and tries
libubootenv0.1       for it
libyaml-0-2          for it
zlib1g               for it
openntpd             sets the clock
TABLE
}
rauc_packages() { # headers and static libraries that RAUC is cross-built with
  echo "libglib2.0-dev libssl-dev libpcre2-dev libffi-dev zlib1g-dev libmount-dev libblkid-dev libmount1 libselinux1-dev libsepol-dev|libsepol2-dev"
}
first_available() { # ARCH NAME|NAME...
  for p in $(echo "$2" | tr '|' ' '); do [ -z "$(foreign_version "$1" "$p")" ] || { echo "$p"; return; }; done
  die "Debian $(debian_codename) has none of $2 for $1"
}

fetch_packages() { # of $deb_arch: kernel, box, headers. Sets $kernel_version
  foreign_open "$deb_arch" "$(debian_codename)"
  stamp=$(echo "$board_kernel_package" | cat - "$deps/foreign/$deb_arch/versions" "$here/lib/packages.sh" | sha256sum)
  if [ "$(sed -n 1p "$foreign_dir/fetched.$board_kernel_package" 2>/dev/null)" != "$stamp" ]; then
    kernel_now=$(foreign_apt "$deb_arch" apt-cache depends "$board_kernel_package" | awk '/Depends: linux-image/{ print $2; exit }')
    [ -n "$kernel_now" ] || die "found no kernel behind $board_kernel_package"
    fetch_all "$kernel_now"
    { echo "$stamp"; echo "$kernel_now"; } > "$foreign_dir/fetched.$board_kernel_package"
  fi
  kernel_version=$(sed -n '2s/^linux-image-//p' "$foreign_dir/fetched.$board_kernel_package")
}
fetch_all() { # KERNEL-PACKAGE
  names=$1 dev=
  for n in $(box_packages | awk '{ print $1 }'); do names="$names $(first_available "$deb_arch" "$n")"; done
  for n in $(rauc_packages); do dev="$dev $(first_available "$deb_arch" "$n")"; done
  # shellcheck disable=SC2086
  foreign_download "$deb_arch" $names $dev
  # shellcheck disable=SC2046
  foreign_unpack "$deb_arch" "$foreign_dir/box" $(echo "$names" | tr ' ' '\n' | grep -vx busybox-static)
  dpkg --fsys-tarfile "$foreign_dir/deb/"busybox-static_*.deb | tar -xO ./bin/busybox > "$foreign_dir/busybox-static"
  # shellcheck disable=SC2086
  foreign_unpack "$deb_arch" "$foreign_dir/dev" $dev
}

# ---- copying out of the unpacked packages ----
put() { # SOURCE-IN-BOX [PLACE]: a file, at its own place unless another is given; links are followed
  place=${2:-$1}
  [ -e "$box/$1" ] || die "the packages have no $1"
  mkdir -p "$tree/$(dirname "$place")"
  cp -L "$box/$1" "$tree/$place"
}
put_program() { put "$@"; "$strip" "$tree/$place" 2>/dev/null || true; put_needs "$tree/$place"; }
put_needs() { # FILE: shared libraries, all the way down
  "$readelf" -d "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' > "$1.needs"
  while read -r lib; do put_library "$lib"; done < "$1.needs"
  rm -f "$1.needs"
}
put_library() { # SONAME
  [ ! -e "$tree/usr/lib/$1" ] || return 0
  case $1 in ld-linux*) return 0 ;; esac # at its own place, see make_tree
  for d in "usr/lib/$triplet" usr/lib "usr/lib/$triplet/gconv"; do
    [ -e "$box/$d/$1" ] || continue
    case $d in *gconv) return 0 ;; esac
    mkdir -p "$tree/usr/lib"
    cp -L "$box/$d/$1" "$tree/usr/lib/$1"
    "$strip" --strip-unneeded "$tree/usr/lib/$1" 2>/dev/null || true
    put_needs "$tree/usr/lib/$1"
    return 0
  done
  die "no package of the box has the library $1 (needed by $2)"
}

# ---- kernel modules ----
put_modules() { # TREE MODULE...: with what they depend on, stripped; needs no root
  modules_tree=$1; shift
  ensure_depmod
  mkdir -p "$modules_tree/usr/lib/modules/$kernel_version"
  [ -e "$modules_tree/lib" ] || ln -s usr/lib "$modules_tree/lib"
  for m in "$@"; do
    optional=; case $m in '?'*) optional=1; m=${m#?} ;; esac
    modprobe -d "$box" -S "$kernel_version" --show-depends "$m" > "$work/depends" 2>/dev/null || {
      [ -n "$optional" ] || die "the kernel $kernel_version has no module $m"; continue; }
    sed -n 's/^insmod \([^ ]*\).*/\1/p' "$work/depends" | while read -r path; do
      inside=${path#*/modules/"$kernel_version"/}
      [ ! -e "$modules_tree/usr/lib/modules/$kernel_version/$inside" ] || continue
      mkdir -p "$modules_tree/usr/lib/modules/$kernel_version/$(dirname "$inside")"
      "$strip" --strip-debug -o "$modules_tree/usr/lib/modules/$kernel_version/$inside" "$box/usr/lib/modules/$kernel_version/$inside"
    done
  done
  cp "$box/usr/lib/modules/$kernel_version/modules.builtin" "$box/usr/lib/modules/$kernel_version/modules.order" \
    "$modules_tree/usr/lib/modules/$kernel_version/"
  depmod -b "$modules_tree" "$kernel_version"
  ( cd "$modules_tree/usr/lib/modules/$kernel_version" && rm -f modules.*map modules.*.bin modules.order modules.devname ) 
}
ensure_depmod() { [ -e "$box/usr/lib/modules/$kernel_version/modules.dep.bin" ] || depmod -b "$box" "$kernel_version"; }
