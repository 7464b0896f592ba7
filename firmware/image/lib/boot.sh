# Sourced by build: the signed FIT of a slot (kernel, initramfs with the root hash), the boot script, U-Boot's control tree.
# shellcheck shell=sh

make_initramfs() { # OUT: compressed cpio, owned by root whoever builds
  tree=$work/initramfs
  rm -rf "$tree"
  mkdir -p "$tree/bin" "$tree/etc" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/root"
  cp "$foreign_dir/busybox-static" "$tree/bin/busybox"
  for a in sh cat grep sed mount modprobe reboot sleep switch_root; do ln -s busybox "$tree/bin/$a"; done
  cp "$verity_open" "$tree/bin/verity-open"
  cp "$here/initramfs/init" "$tree/init"
  chmod 755 "$tree/init" "$tree/bin/busybox" "$tree/bin/verity-open"
  # shellcheck disable=SC2086
  put_modules "$tree" $board_initramfs_modules
  printf "modules='%s'\nwatchdog_options='%s'\n" "$board_initramfs_modules" "$board_watchdog_options" > "$tree/etc/board"
  cp "$out/verity" "$tree/etc/verity"
  find "$tree" -exec touch -h -d "@$epoch" {} +
  (cd "$tree" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet) | gzip -9n > "$1"
}

make_fit() { # OUT: signed with $keys/fit-current
  kernel=$box/boot/vmlinuz-$kernel_version
  case $board_arch in
    aarch64) fit_arch=arm64 fit_compression=gzip
      [ -e "$stored" ] || { gzip -9nc "$kernel" > "$stored.new" && mv "$stored.new" "$stored"; } ;;
    armhf) fit_arch=arm fit_compression=none; cp -u "$kernel" "$stored" ;; # unpacks itself
  esac
  fdt_image='' fdt_line=''
  if [ -n "${board_dtb:-}" ]; then
    cp "$box/usr/lib/linux-image-$kernel_version/$board_dtb" "$work/board.dtb"
    fdt_image="fdt { description = \"$board_dtb\"; data = /incbin/(\"$work/board.dtb\"); type = \"flat_dt\"; arch = \"$fit_arch\"; compression = \"none\"; hash-1 { algo = \"sha256\"; }; };"
    fdt_line='fdt = "fdt";'
  fi
  cat > "$work/slot.its" <<ITS
/dts-v1/;
/ { description = "Sluice $version"; #address-cells = <1>; timestamp = <$epoch>;
 images {
  kernel { description = "$kernel_version"; data = /incbin/("$stored"); type = "kernel"; arch = "$fit_arch"; os = "linux";
   compression = "$fit_compression"; load = <$board_kernel_load>; entry = <$board_kernel_load>; hash-1 { algo = "sha256"; }; };
  ramdisk { description = "root hash $(sed -n 's/^root_hash=//p' "$out/verity" | cut -c1-16)"; data = /incbin/("$work/initramfs.gz"); type = "ramdisk"; arch = "$fit_arch"; os = "linux";
   compression = "none"; hash-1 { algo = "sha256"; }; };
  $fdt_image
 };
 configurations { default = "slot";
  slot { description = "Sluice $version"; kernel = "kernel"; ramdisk = "ramdisk"; $fdt_line
   signature { algo = "sha256,rsa2048"; key-name-hint = "$fit_key"; sign-images = "kernel", "ramdisk"${fdt_line:+, "fdt"}; }; }; }; };
ITS
  SOURCE_DATE_EPOCH=$epoch mkimage -f "$work/slot.its" -k "$keys" -r "$1"
}

make_control_dtb() { # OUT: the board's control tree with both public keys; a FIT must carry the signature of one of them
  board_make_control_dtb "$work/plain.dtb"
  dtc -q -I dtb -O dtb -p 65536 -o "$1" "$work/plain.dtb"
  printf x > "$work/nothing"
  for which in current next; do
    cat > "$work/key.its" <<ITS
/dts-v1/;
/ { description = "carries a key"; #address-cells = <1>;
 images { k { data = /incbin/("$work/nothing"); type = "kernel"; arch = "arm"; os = "linux"; compression = "none"; load = <0>; entry = <0>; hash-1 { algo = "sha256"; }; }; };
 configurations { default = "c"; c { kernel = "k"; signature { algo = "sha256,rsa2048"; key-name-hint = "fit-$which"; sign-images = "kernel"; }; }; }; };
ITS
    if [ -e "$keys/fit-$which.key" ]; then mkimage -f "$work/key.its" -k "$keys" -K "$1" -r "$work/key.fit"
    else python3 "$here/lib/key_node.py" "$keys/fit-$which.crt" "$1" "fit-$which"; fi
  done
  fdtput -t s "$1" /signature required-mode any
}

make_boot_script() { # OUT
  sed -e "s/@STORAGE@/$board_storage/g" -e "s/@IF@/${board_storage% *}/g" -e "s/@CONSOLE@/$board_console/g" \
    -e "s/@ENV@/$board_env_address/g" -e "s/@FIT@/$board_fit_address/g" "$here/boot.cmd" > "$work/boot.cmd"
  SOURCE_DATE_EPOCH=$epoch mkimage -A "$([ "$board_arch" = aarch64 ] && echo arm64 || echo arm)" -T script -C none -n "Sluice boot" -d "$work/boot.cmd" "$1"
}
