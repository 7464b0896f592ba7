# 64-bit ARM boards (ARMv8-A): Debian's cross compiler, libraries from build/deps/aarch64, tests under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(SLUICE_TRIPLET aarch64-linux-gnu)
# No -mbranch-protection: the cores of small boards (Cortex-A35, A53, A55, A72) have neither PAC nor BTI, and its instructions
# are 5 % of the program.
set(SLUICE_TARGET_FLAGS "")
set(SLUICE_EMULATOR qemu-aarch64-static)
include(${CMAKE_CURRENT_LIST_DIR}/arm_common.cmake)
# Relative relocations packed (DT_RELR), by the linker that toolchains/setup put beside the libraries if the system's cannot.
if(EXISTS "${SLUICE_DEPS}/ld/ld")
  add_link_options(-B${SLUICE_DEPS}/ld/)
endif()
add_link_options(-Wl,-z,pack-relative-relocs)
