# Board facts: the second 64-bit machine, on which the porting guide was walked. Other storage (NVMe behind PCIe), another
# network card (e1000e), another interrupt controller (GICv3), another core, and no hardware watchdog.
# shellcheck shell=sh disable=SC2034
board_arch=aarch64
board_compatible=sluice-qemu-nvme
board_kernel_package=linux-image-arm64
board_console=ttyAMA0
board_storage="nvme 0"
board_kernel_load=0x40400000
board_env_address=0x43f00000
board_fit_address=0x44000000
board_uboot=/usr/lib/u-boot/qemu_arm64/u-boot.bin
board_initramfs_modules="nvme softdog squashfs dm-verity"
board_modules="e1000e virtio_pci virtio-rng softdog"
board_watchdog_options="soft_margin=60"
board_make_control_dtb() {
  qemu-system-aarch64 -M virt,gic-version=3,dumpdtb="$1" -cpu cortex-a72 -m 128 -bios "$board_uboot" -nic none -display none
}
