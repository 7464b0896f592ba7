# Third-party libraries as imported targets. Headers of the locked prefix come first: a distribution's older Boost or
# mbedTLS in /usr/include must never be found silently.
add_library(dep_headers INTERFACE)       # Boost (Asio, Beast, JSON, containers), toml++
target_include_directories(dep_headers SYSTEM INTERFACE ${SLUICE_DEPS}/include)

if(CMAKE_CROSSCOMPILING) # the target's Debian packages; before the cross compiler's own search path, which has the host's
  target_include_directories(dep_headers SYSTEM INTERFACE ${SLUICE_DEPS}/root/usr/include
    ${SLUICE_DEPS}/root/usr/include/${SLUICE_TRIPLET})
  add_link_options(-Wl,-rpath-link,${SLUICE_DEPS}/root/usr/lib/${SLUICE_TRIPLET})
endif()

find_package(Threads REQUIRED)
add_library(dep_mbedtls INTERFACE)
target_compile_definitions(dep_mbedtls INTERFACE MBEDTLS_USER_CONFIG_FILE="${CMAKE_SOURCE_DIR}/toolchains/mbedtls_user_config.h")
target_include_directories(dep_mbedtls SYSTEM INTERFACE ${SLUICE_DEPS}/include)
target_link_libraries(dep_mbedtls INTERFACE ${SLUICE_DEPS}/lib/libmbedtls.a ${SLUICE_DEPS}/lib/libmbedx509.a
  ${SLUICE_DEPS}/lib/libmbedcrypto.a Threads::Threads)

foreach(lib sqlite3 sodium cares psl utf8proc)
  find_library(DEP_${lib} NAMES ${lib} HINTS ${SLUICE_DEPS}/lib ${SLUICE_DEPS}/root/usr/lib/${SLUICE_TRIPLET})
  if(NOT DEP_${lib})
    message(FATAL_ERROR "lib${lib} is missing: run toolchains/setup (for a board: toolchains/setup --target NAME)")
  endif()
  add_library(dep_${lib} INTERFACE)
  target_link_libraries(dep_${lib} INTERFACE ${DEP_${lib}})
endforeach()

add_library(dep_catch2 INTERFACE)
target_include_directories(dep_catch2 SYSTEM INTERFACE ${SLUICE_DEPS}/include)
target_link_libraries(dep_catch2 INTERFACE ${SLUICE_DEPS}/lib/libCatch2Main.a ${SLUICE_DEPS}/lib/libCatch2.a)
