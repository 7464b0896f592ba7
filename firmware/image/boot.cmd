# U-Boot: picks a slot, takes one of its tries, boots its signed FIT. Variables as RAUC's "uboot" back end has them; they
# live in one sector of their own (one sector is written whole or not at all), with a checksum. Words in @ are board facts.
setenv BOOT_ORDER "A B"; setenv BOOT_A_LEFT 3; setenv BOOT_B_LEFT 3
part start @STORAGE@ 2 env_start
@IF@ read @ENV@ ${env_start} 1
env import -c @ENV@ 0x200 BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT || echo "sluice-boot: boot variables are not valid, defaults"
setenv slot
for s in ${BOOT_ORDER}; do
  if test "x${slot}" = x; then
    if test "x${s}" = xA; then if test ${BOOT_A_LEFT} -gt 0; then setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1; setenv slot A; setenv kernel 3; fi; fi
    if test "x${s}" = xB; then if test ${BOOT_B_LEFT} -gt 0; then setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1; setenv slot B; setenv kernel 5; fi; fi
  fi
done
if test "x${slot}" = x; then
  echo "sluice-boot: no slot has a try left, all get three"
  setenv BOOT_ORDER "A B"; setenv BOOT_A_LEFT 2; setenv BOOT_B_LEFT 3; setenv slot A; setenv kernel 3
fi
env export -c -s 0x200 @ENV@ BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT
@IF@ write @ENV@ ${env_start} 1
echo "sluice-boot: slot ${slot} (order ${BOOT_ORDER}, left A ${BOOT_A_LEFT} B ${BOOT_B_LEFT})"
part start @STORAGE@ ${kernel} start
part size @STORAGE@ ${kernel} room
# As many sectors as the FIT says it has, so that it fits beside the kernel in 96 MiB.
setenv size 0x200
@IF@ read @FIT@ ${start} 1
if fdt addr @FIT@; then fdt header get size totalsize; fi
setexpr count ${size} + 0x1ff
setexpr count ${count} / 0x200
if itest ${count} -gt ${room}; then setenv count ${room}; fi
@IF@ read @FIT@ ${start} ${count}
# Told, not proved: who can write this script can lie here. What proves is that bootm refuses.
setenv verified no
if fdt addr ${fdtcontroladdr}; then if fdt get value required /signature required-mode; then setenv verified yes; fi; fi
setenv bootargs "console=@CONSOLE@ panic=5 softlockup_panic=1 watchdog_thresh=30 quiet rauc.slot=${slot} sluice.slot=${slot} sluice.verified=${verified}"
bootm @FIT@#slot @FIT@#slot ${fdtcontroladdr} || echo "sluice-boot: slot ${slot} is refused"
sleep 1
reset
