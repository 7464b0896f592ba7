# Included by mbedTLS's own CMakeLists.txt for a board (CMAKE_PROJECT_INCLUDE): the library is built for size, what a handshake
# or a record spends its time in for speed.
cmake_language(DEFER CALL sluice_hot_files)
function(sluice_hot_files)
  foreach(file aes aesce bignum bignum_core bignum_mod bignum_mod_raw chacha20 chachapoly ecdh ecdsa ecp ecp_curves ecp_curves_new gcm
      poly1305 rsa sha256 sha512 constant_time)
    set_property(SOURCE ${CMAKE_SOURCE_DIR}/library/${file}.c DIRECTORY ${CMAKE_SOURCE_DIR}/library APPEND PROPERTY COMPILE_OPTIONS -O2)
  endforeach()
endfunction()
