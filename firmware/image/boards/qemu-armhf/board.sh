# Board facts: QEMU's virt machine, 32 bit. Every name here is explained in firmware/docs/porting.md.
# shellcheck shell=sh disable=SC2034
board_arch=armhf
board_compatible=sluice-qemu-armhf
board_kernel_package=linux-image-armmp
board_console=ttyAMA0
board_storage="virtio 0"      # as U-Boot says it: interface and number
board_kernel_load=0x41000000
board_env_address=0x43f00000  # scratch of the boot script, one sector
board_fit_address=0x44000000  # where the slot's FIT is read to
board_uboot=/usr/lib/u-boot/qemu_arm/u-boot.bin
board_watchdog_options="soft_margin=60"
board_initramfs_modules="virtio_pci virtio_mmio virtio_blk softdog squashfs dm-verity"
board_modules="virtio_pci virtio_mmio virtio_net virtio-rng ?rtc-pl031 softdog"
board_make_control_dtb() { # OUT: the tree that U-Boot runs with; build adds the public keys to it
  qemu-system-arm -M virt,dumpdtb="$1" -cpu cortex-a15 -m 128 -bios "$board_uboot" -nic none -display none
}
