# Sourced by build: the read-only root. Everything in it is named here, in lib/packages.sh, or lies in rootfs/.
# shellcheck shell=sh

applets="sh ash [ awk basename blkdiscard blkid cat chmod chown cmp cp cut date dd df dirname dmesg du echo env expr false find
 grep gunzip gzip halt head hostname id init ip kill killall ln logger losetup ls lsmod md5sum mkdir mkfifo mknod mktemp modprobe
 more mount mv nc nslookup od pidof ping poweroff printf ps pwd readlink realpath reboot rm rmdir sed seq setsid sha256sum sleep sort
 stat stty sync sysctl tail tar tee test time timeout top touch tr true umount uname uniq uptime usleep vi wc which xargs zcat udhcpc"
# Left out, since they cost 0.9 MiB and what shows mail does not decode them either (WHATWG Encoding): ISO-2022-CN, EUC-TW,
# JOHAB, VISCII, ARMSCII-8. Text in them is not converted, and says so.
charsets="CP932=IBM943 EUC-JP-MS=EUC-JP-MS ISO-2022-JP-3=ISO-2022-JP-3 ISO-2022-KR=ISO-2022-KR
 CP949=UHC GB18030=GB18030 BIG5-HKSCS=BIG5HKSCS"

make_tree() { # $tree: everything but Sluice
  rm -rf "$tree"
  for d in usr/bin usr/sbin usr/lib usr/share/sluice etc/sluice etc/rauc boot data dev proc sys run tmp root var; do mkdir -p "$tree/$d"; done
  for d in bin sbin lib; do ln -s "usr/$d" "$tree/$d"; done
  for l in run:/run tmp:/tmp lib:/run/lib lock:/run/lock; do ln -s "${l#*:}" "$tree/var/${l%%:*}"; done
  cp -R "$here/rootfs/." "$tree/"
  chmod 755 "$tree"/usr/lib/sluice/*

  put "$(cd "$box" && echo usr/lib/"$triplet"/ld-linux*.so.*)" "usr/lib/$(basename "$(echo "$box"/usr/lib/"$triplet"/ld-linux*.so.*)")"
  put_program usr/bin/busybox
  for a in $applets; do [ "$a" = busybox ] || ln -s busybox "$tree/usr/bin/$a"; done
  for a in init reboot poweroff halt modprobe; do ln -s ../bin/busybox "$tree/usr/sbin/$a"; done
  for p in e2fsck:fsck.ext4 mke2fs:mkfs.ext4 resize2fs: sfdisk: ; do
    put_program "usr/sbin/${p%%:*}"
    [ -z "${p#*:}" ] || ln -s "${p%%:*}" "$tree/usr/sbin/${p#*:}"
  done
  put etc/mke2fs.conf
  put_program usr/bin/partx
  put_program usr/bin/fw_printenv
  ln -s fw_printenv "$tree/usr/bin/fw_setenv"
  put_program usr/sbin/ntpd
  for l in libnss_files.so.2 libnss_dns.so.2 libgcc_s.so.1; do [ ! -e "$box/usr/lib/$triplet/$l" ] || put_library "$l"; done
  mkdir -p "$tree/etc/ssl/certs"
  find "$box/usr/share/ca-certificates/mozilla" -name '*.crt' | LC_ALL=C sort | while read -r c; do cat "$c"; done > "$tree/etc/ssl/certs/ca-certificates.crt"

  cp "$box_rauc" "$tree/usr/bin/rauc"
  "$strip" "$tree/usr/bin/rauc"
  put_needs "$tree/usr/bin/rauc"
  cat "$keys/current.cert.pem" "$keys/next.cert.pem" > "$tree/etc/rauc/keyring.pem"
  sed "s/@COMPATIBLE@/$board_compatible/" "$here/system.conf" > "$tree/etc/rauc/system.conf"

  put_modules "$tree" ext4 crc32c_generic vfat nls_cp437 nls_iso8859-1 nls_ascii loop dm-verity squashfs af_packet 8021q '?crypto-sha256' '?ipv6' $board_modules
  echo "ext4 crc32c_generic af_packet loop $board_modules" | tr ' ' '\n' | sed 's/^?//' > "$tree/etc/sluice/modules"
  [ ! -d "$here/boards/$board/rootfs" ] || cp -R "$here/boards/$board/rootfs/." "$tree/"
}

put_sluice() { # the program and what is in the image because of it
  bins=
  for f in "$sluice_dir"/bin/*; do
    [ -x "$f" ] || continue
    b=$(basename "$f")
    case $b in sluice|sluice-supervisor) ;; *) continue ;; esac
    cp "$f" "$tree/usr/bin/$b"
    if [ "$(head -c 4 "$f" | od -An -c | tr -d ' ')" = '177ELF' ]; then
      "$strip" "$tree/usr/bin/$b"
      put_needs "$tree/usr/bin/$b"
    fi
    chmod 755 "$tree/usr/bin/$b"
    bins="$bins $b"
  done
  case " $bins " in *" sluice "*) ;; *) die "$sluice_dir/bin has no program sluice" ;; esac
  case " $bins " in *" sluice-supervisor "*) ;; *) die "$sluice_dir/bin has no program sluice-supervisor" ;; esac
  cp "$root/config/defaults/factory.toml" "$tree/usr/share/sluice/factory.toml"
  put_gconv
}
put_gconv() { # the converters behind proxy/mime/charset_names.cpp; a module may need another (libJIS, libGB)
  gconv=usr/lib/$triplet/gconv
  mkdir -p "$tree/$gconv"
  for c in $charsets; do
    module=${c#*=}
    put_gconv_module "$module.so"
    printf 'module\t%s//\tINTERNAL\t%s\t1\nmodule\tINTERNAL\t%s//\t%s\t1\n' "${c%=*}" "$module" "${c%=*}" "$module"
  done > "$tree/$gconv/gconv-modules"
}
put_gconv_module() {
  [ ! -e "$tree/$gconv/$1" ] || return 0
  cp "$box/$gconv/$1" "$tree/$gconv/$1" || die "libc6 has no converter $1"
  "$strip" --strip-unneeded "$tree/$gconv/$1"
  for n in $("$readelf" -d "$tree/$gconv/$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    case $n in libc.so*|ld-linux*) ;; *) put_gconv_module "$n" ;; esac
  done
}

data_format() { # read|written: what the program says of its data directory
  sed -n "s/^inline constexpr unsigned data_format_$1 = \([0-9]*\);.*/\1/p" "$root/firmware/gateway/system/data_format.hpp"
}
write_release() {
  cat > "$tree/etc/sluice/release" <<R
VERSION=$version
ROLLBACK_INDEX=$rollback_index
BOARD=$board
COMPATIBLE=$board_compatible
KEYS=$keys_kind
BUILT=$epoch
DATA_FORMAT=$(data_format read)
DATA_FORMAT_WRITTEN=$(data_format written)
R
}

make_root_image() { # OUT: squashfs, then its hash tree; $out/verity says how to open it
  find "$tree" -exec touch -h -d "@$epoch" {} +
  rm -f "$1"
  env -u SOURCE_DATE_EPOCH mksquashfs "$tree" "$1" -comp "$compression" $compression_options -b 256K -all-root -noappend -no-xattrs -no-progress \
    -mkfs-time "$epoch" -all-time "$epoch" -root-mode 755 -p 'tmp m 1777 0 0' -quiet
  data_bytes=$(stat -c %s "$1")
  [ $((data_bytes % 4096)) -eq 0 ] || { truncate -s $(((data_bytes / 4096 + 1) * 4096)) "$1"; data_bytes=$(stat -c %s "$1"); }
  salt=$(printf '%s' "$version $epoch" | sha256sum | cut -c1-64)
  veritysetup format --no-superblock --data-block-size=4096 --hash-block-size=4096 --data-blocks=$((data_bytes / 4096)) \
    --hash-offset="$data_bytes" --salt="$salt" "$1" "$1" > "$work/verity.out"
  { echo "root_hash=$(awk '/^Root hash/{ print $3 }' "$work/verity.out")"; echo "salt=$salt"; echo "data_bytes=$data_bytes"; } > "$out/verity"
  grep -Eqx 'root_hash=[0-9a-f]{64}' "$out/verity"
}
