# One interface target carries every flag, so that no translation unit differs from another (ODR).
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
find_program(CCACHE ccache)
if(CCACHE) # what one checkout compiled serves the next, wherever that lies
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

add_library(sluice_flags INTERFACE)
target_compile_options(sluice_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wno-psabi
  -fstack-protector-strong -ffunction-sections -fdata-sections
  # g++ pairs the frame allocation of inlined coroutines with the wrong delete; clang and ASan see nothing there.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan> $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
if(CMAKE_UNITY_BUILD) # what stands in an included file is taken for a header's, and one file's private names for another's
  target_compile_options(sluice_flags INTERFACE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(CMAKE_SIZEOF_VOID_P EQUAL 4) # quantities of the configuration have 64 bits, sizes here 32; the budget has checked them before
  target_compile_options(sluice_flags INTERFACE -Wno-conversion -Wno-narrowing)
endif()
if(SLUICE_WERROR)
  target_compile_options(sluice_flags INTERFACE -Werror)
endif()
target_compile_definitions(sluice_flags INTERFACE
  _FILE_OFFSET_BITS=64
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=8
  BOOST_BEAST_SEPARATE_COMPILATION BOOST_ALL_NO_LIB)
target_link_options(sluice_flags INTERFACE -Wl,-z,relro,-z,now -Wl,--gc-sections)
option(SLUICE_LTO "link-time optimization: the build of the boards" OFF)
if(SLUICE_LTO)
  target_compile_options(sluice_flags INTERFACE -flto=auto -fno-fat-lto-objects)
  # In one piece: 24,576 octets less than in several. With its functions in one section, because ld fills up a page for every
  # section with a place of erratum 843419: 53,248 octets less. What nothing calls is dropped before, by the compiler.
  target_link_options(sluice_flags INTERFACE -flto=auto -flto-partition=one -fno-function-sections)
  # Names of places and types that only a debugger's reader would see; then what -Os of g++ 12 leaves undone: measured one by
  # one in firmware/docs/adr/0022-size-of-the-program.md.
  target_compile_options(sluice_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>
    -fomit-frame-pointer -fno-gcse -fno-crossjumping)
  target_compile_definitions(sluice_flags INTERFACE BOOST_ASIO_DISABLE_SOURCE_LOCATION BOOST_DISABLE_CURRENT_LOCATION BOOST_EXCEPTION_DISABLE)
endif()
if(SLUICE_SANITIZE)
  target_compile_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND SLUICE_SANITIZE MATCHES "undefined")
    # clang 14 cannot emit this check's prologue for a coroutine ("difference across sections").
    target_compile_options(sluice_flags INTERFACE -fno-sanitize=function)
  endif()
  target_compile_definitions(sluice_flags INTERFACE SLUICE_SANITIZED=1)
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(sluice_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
