# Sourced by build: parts become a GPT disk, written by offsets: no root, no loop device.
# shellcheck shell=sh

mib=1048576
part_sizes() { # number name MiB; data takes the rest and grows at the first boot
  echo "1 boot $boot_mib
2 env 1
3 kernel-a $kernel_mib
4 root-a $root_mib
5 kernel-b $kernel_mib
6 root-b $root_mib
7 data $data_mib"
}
boot_mib=8 kernel_mib=20 root_mib=40 data_mib=32

make_boot_part() { # OUT
  rm -f "$1"
  mkfs.vfat -n SLUICEBOOT -i 51CE0001 -S 512 --mbr=n -C "$1" $((boot_mib * 1024)) >/dev/null
  MTOOLS_SKIP_CHECK=1; export MTOOLS_SKIP_CHECK
  mcopy -i "$1" "$out/boot.scr" ::boot.scr
  mmd -i "$1" ::setup
  mcopy -i "$1" "$here/setup-readme.txt" ::setup/README.TXT
}
make_data_part() { # OUT
  rm -f "$1"
  mkdir -p "$work/data"
  mkfs.ext4 -q -b 4096 -i 16384 -L sluice-data -U 51ce0000-0000-4000-8000-000000000007 -E root_owner=0:0,hash_seed=51ce0000-0000-4000-8000-000000000007 \
    -O ^metadata_csum_seed -m 1 -d "$work/data" "$1" "${data_mib}M"
}
make_env_part() { # OUT: slot A alone, until an update fills B
  printf 'BOOT_ORDER=A\nBOOT_A_LEFT=3\nBOOT_B_LEFT=0\n' | mkenvimage -s 0x200 -o "$1" -
}
fits() { # FILE MIB WHAT
  [ "$(stat -c %s "$1")" -le $(($2 * mib)) ] || die "$3 has $(($(stat -c %s "$1") / 1024)) KiB, its partition $(($2 * 1024))"
}
make_disk() { # OUT
  fits "$out/fit.itb" $kernel_mib "the slot's FIT"
  fits "$out/root.img" $root_mib "the root"
  make_boot_part "$work/boot.img"
  make_env_part "$work/env.img"
  make_data_part "$work/data.img"
  at=1
  { echo "label: gpt"; echo "label-id: 51CE0000-0000-4000-8000-000000000000"; echo "first-lba: 2048"
    part_sizes | while read -r n name size; do
      type=linux; attrs=
      case $name in
        boot) attrs=', attrs="LegacyBIOSBootable"' type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7 ;;
      esac
      echo "start=$((at * 2048)), size=$((size * 2048)), type=$type, name=\"$name\", uuid=51CE0000-0000-4000-8000-00000000001$n$attrs"
      at=$((at + size))
    done; } > "$work/table"
  total=$(part_sizes | awk '{ n += $3 } END { print n + 2 }')
  rm -f "$1.part"
  truncate -s $((total * mib)) "$1.part"
  sfdisk -q "$1.part" < "$work/table"
  offset=1
  part_sizes > "$work/sizes"
  while read -r _ name size; do
    case $name in boot) f=$work/boot.img ;; env) f=$work/env.img ;; kernel-a) f=$out/fit.itb ;; root-a) f=$out/root.img ;; data) f=$work/data.img ;; *) f= ;; esac
    [ -z "$f" ] || dd if="$f" of="$1.part" bs=1M seek=$offset conv=notrunc,sparse status=none
    offset=$((offset + size))
  done < "$work/sizes"
  mv "$1.part" "$1"
}
