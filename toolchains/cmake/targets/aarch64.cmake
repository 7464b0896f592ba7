# 64-bit ARM boards (ARMv8-A): Debian's cross compiler, libraries from build/deps/aarch64, tests under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(SLUICE_TRIPLET aarch64-linux-gnu)
# Return addresses and branch targets are protected where the core can (PAC, BTI are no-ops elsewhere).
set(SLUICE_TARGET_FLAGS "-mbranch-protection=standard")
set(SLUICE_EMULATOR qemu-aarch64-static)
include(${CMAKE_CURRENT_LIST_DIR}/arm_common.cmake)
