# What both ARM targets share: the cross compiler by its triplet, where libraries are looked for, the emulator for tests.
set(CMAKE_C_COMPILER ${SLUICE_TRIPLET}-gcc)
set(CMAKE_CXX_COMPILER ${SLUICE_TRIPLET}-g++)
set(CMAKE_AR ${SLUICE_TRIPLET}-gcc-ar)         # the wrappers that know link-time optimization
set(CMAKE_RANLIB ${SLUICE_TRIPLET}-gcc-ranlib)
set(CMAKE_C_FLAGS_INIT "${SLUICE_TARGET_FLAGS} -fstack-protector-strong -ffunction-sections -fdata-sections")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
# A cross compiler of Debian also looks into /usr/include and would take the host's headers silently: only the prefix of
# the target is searched for headers and libraries.
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SLUICE_DEPS)
if(SLUICE_DEPS)
  set(CMAKE_FIND_ROOT_PATH ${SLUICE_DEPS} ${SLUICE_DEPS}/root /usr/${SLUICE_TRIPLET})
  set(CMAKE_CROSSCOMPILING_EMULATOR "${SLUICE_EMULATOR};-L;/usr/${SLUICE_TRIPLET};-E;LD_LIBRARY_PATH=${SLUICE_DEPS}/root/usr/lib/${SLUICE_TRIPLET}")
endif()
set(CMAKE_SKIP_RPATH ON) # no folder of the machine it was built on
add_link_options(-Wl,-z,max-page-size=4096) # what small boards have; for pages of 64 KiB each file would be padded
