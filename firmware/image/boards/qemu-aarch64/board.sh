# Board facts: QEMU's virt machine, 64 bit. Every name here is explained in firmware/docs/porting.md.
# shellcheck shell=sh disable=SC2034
board_arch=aarch64
board_compatible=sluice-qemu-aarch64
board_kernel_package=linux-image-arm64
board_console=ttyAMA0
board_storage="virtio 0"      # as U-Boot says it: interface and number
board_kernel_load=0x40400000
board_env_address=0x43f00000  # scratch of the boot script, one sector
board_fit_address=0x44000000  # where the slot's FIT is read to
board_uboot=/usr/lib/u-boot/qemu_arm64/u-boot.bin
board_watchdog_options="heartbeat=60"
board_initramfs_modules="virtio_pci virtio_mmio virtio_blk i6300esb squashfs dm-verity"
board_modules="virtio_pci virtio_mmio virtio_net virtio-rng ?rtc-pl031 i6300esb softdog"
board_make_control_dtb() { # OUT: the tree that U-Boot runs with; build adds the public keys to it
  qemu-system-aarch64 -M virt,dumpdtb="$1" -cpu cortex-a53 -m 128 -bios "$board_uboot" -nic none -display none
}
