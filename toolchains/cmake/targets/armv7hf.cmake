# 32-bit ARM boards (ARMv7-A with VFP): Debian's cross compiler, Thumb-2, time_t of 64 bits.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(SLUICE_TRIPLET arm-linux-gnueabihf)
set(SLUICE_TARGET_FLAGS "-march=armv7-a+fp -mthumb -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64")
set(SLUICE_EMULATOR qemu-arm-static)
include(${CMAKE_CURRENT_LIST_DIR}/arm_common.cmake)
