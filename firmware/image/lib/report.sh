# Sourced by build: what the image is made of, in bytes.
# shellcheck shell=sh

row() { printf '  %-44s %10d KiB\n' "$1" $((($2 + 1023) / 1024)); }
size_of() { du -bc "$@" 2>/dev/null | awk 'END { print $1 }'; }
report_sizes() {
  say "Sizes ($board, version $version)"
  row "kernel $kernel_version, as stored" "$(stat -c %s "$stored")"
  row "initramfs" "$(stat -c %s "$work/initramfs.gz")"
  row "signed FIT of a slot" "$(stat -c %s "$out/fit.itb")"
  row "root of a slot, squashfs and hash tree" "$(stat -c %s "$out/root.img")"
  row "  before compression" "$(size_of "$tree")"
  row "  sluice" "$(size_of "$tree/usr/bin/sluice")"
  row "  sluice-supervisor" "$(size_of "$tree/usr/bin/sluice-supervisor")"
  row "  libraries because of Sluice" "$(size_of "$tree"/usr/lib/libsqlite3.so* "$tree"/usr/lib/libsodium.so* "$tree"/usr/lib/libcares.so* "$tree"/usr/lib/libutf8proc.so*)"
  row "  converters" "$(size_of "$tree/usr/lib/$triplet/gconv")"
  row "  profiles and assets" "$(size_of "$tree/usr/share/sluice")"
  row "  rauc" "$(size_of "$tree/usr/bin/rauc")"
  row "  kernel modules" "$(size_of "$tree/usr/lib/modules")"
  row "disk, as flashed" "$(stat -c %s "$output")"
  xz -3 -T0 -c "$output" > "$work/disk.xz"
  row "disk, compressed (xz -3)" "$(stat -c %s "$work/disk.xz")"
  [ "$(stat -c %s "$work/disk.xz")" -le $((48 * 1048576)) ] || die "the compressed disk is over 48 MiB"
}
