# sluice_module(NAME [SOURCES...] [LINK libs...] [PRIVATE_LINK libs...]): one static library per folder. The link
# edges are the allowed include edges (tests/lint/include_edges checks them).
function(sluice_module name)
  cmake_parse_arguments(M "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(sluice_${name} STATIC ${M_SOURCES})
  target_include_directories(sluice_${name} PUBLIC ${CMAKE_SOURCE_DIR}/proxy ${CMAKE_SOURCE_DIR})
  target_link_libraries(sluice_${name} PUBLIC sluice_flags dep_headers ${M_LINK} PRIVATE ${M_PRIVATE_LINK})
endfunction()

# sluice_tell_source_dir(FILES...): SLUICE_SOURCE_DIR for those that use it, and only for them: with a folder's name in
# its command a file is compiled anew in every checkout, whatever the compiler cache holds.
function(sluice_tell_source_dir)
  foreach(source ${ARGN})
    file(STRINGS ${source} uses REGEX "SLUICE_SOURCE_DIR|tls_certificates\\.hpp|\"fixture\\.hpp\"")
    if(uses)
      set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS SLUICE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    endif()
  endforeach()
endfunction()

# sluice_unit_test(NAME LINK libs...): every *.cpp of tests/unit/NAME becomes one Catch2 executable, labelled unit.
function(sluice_unit_test name)
  cmake_parse_arguments(T "" "TIMEOUT" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_executable(unit_${name} ${sources})
  target_include_directories(unit_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(unit_${name} PRIVATE sluice_flags dep_catch2 ${T_LINK})
  sluice_tell_source_dir(${sources})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 300)
  endif()
  add_test(NAME unit_${name} COMMAND unit_${name})
  set(labels unit)
  if(name IN_LIST SLUICE_THREADED)
    list(APPEND labels threaded)
    add_dependencies(threaded unit_${name})
  endif()
  set_tests_properties(unit_${name} PROPERTIES LABELS "${labels}" TIMEOUT ${T_TIMEOUT})
endfunction()

# What ThreadSanitizer looks at: the modules that are used by more than one thread, and the program itself (tests/e2e).
# The sans-I/O modules have no threads.
set(SLUICE_THREADED core tls net quarantine relay status gateway)
add_custom_target(threaded)

# sluice_link_by_includes(TARGET FILE): links the modules that FILE includes by their folder ("smtp/x.hpp" needs
# sluice_smtp). For single-file programs, fuzz targets and benchmarks, whose needs are what they include.
function(sluice_link_by_includes target file)
  file(STRINGS ${file} lines REGEX "^#include \"(firmware/)?[a-z]+/")
  foreach(line ${lines})
    string(REGEX REPLACE "^#include \"(firmware/)?([a-z]+)/.*" "\\2" folder "${line}")
    if(TARGET sluice_${folder})
      target_link_libraries(${target} PRIVATE sluice_${folder})
    endif()
  endforeach()
  target_link_libraries(${target} PRIVATE sluice_flags dep_headers)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/proxy ${CMAKE_SOURCE_DIR}/tests)
  sluice_tell_source_dir(${file})
endfunction()
