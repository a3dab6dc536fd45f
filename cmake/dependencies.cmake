# The distribution's packages. Nothing is vendored and nothing is downloaded.
find_package(fmt REQUIRED)
# Nothing is formatted by locale, and half a megabyte of locales stays out of the library.
set_property(TARGET fmt::fmt-header-only APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS FMT_STATIC_THOUSANDS_SEPARATOR=',')
find_package(tsl-robin-map REQUIRED)
find_package(asmjit REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(Threads REQUIRED)
include(GoogleTest)

find_path(TN_FFI_INCLUDE ffi.h REQUIRED)
find_library(TN_FFI_LIBRARY NAMES libffi_pic.a libffi.a REQUIRED)
add_library(tn::ffi INTERFACE IMPORTED)
set_target_properties(tn::ffi PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${TN_FFI_INCLUDE}" INTERFACE_LINK_LIBRARIES "${TN_FFI_LIBRARY}")

find_path(TN_UTF8PROC_INCLUDE utf8proc.h REQUIRED)
find_library(TN_UTF8PROC_LIBRARY NAMES libutf8proc.a REQUIRED)
add_library(tn::utf8proc INTERFACE IMPORTED)
set_target_properties(tn::utf8proc PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${TN_UTF8PROC_INCLUDE}"
    INTERFACE_COMPILE_DEFINITIONS UTF8PROC_STATIC INTERFACE_LINK_LIBRARIES "${TN_UTF8PROC_LIBRARY}")

# Headers alone: XXH_INLINE_ALL.
find_path(TN_XXHASH_INCLUDE xxhash.h REQUIRED)
add_library(tn::xxhash INTERFACE IMPORTED)
set_target_properties(tn::xxhash PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${TN_XXHASH_INCLUDE}")

find_library(TN_ASMJIT_LIBRARY NAMES libasmjit.a REQUIRED)
find_path(TN_ASMJIT_INCLUDE asmjit/asmjit.h REQUIRED)
add_library(tn::asmjit INTERFACE IMPORTED)
set_target_properties(tn::asmjit PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${TN_ASMJIT_INCLUDE}" INTERFACE_COMPILE_DEFINITIONS ASMJIT_STATIC
    INTERFACE_LINK_LIBRARIES "${TN_ASMJIT_LIBRARY};rt")
