# How everything is compiled: C++20, hidden symbols, warnings, sanitizers (TN_SANITIZE), ccache.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/archive)

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# For bench/checks.py, which measures what the checks cost; nothing else may be done with such a build.
option(TN_UNCHECKED "Leave out the checks of scripts: for measurements only" OFF)
if(TN_UNCHECKED)
    message(WARNING "TN_UNCHECKED: scripts can crash what runs them")
    set_source_files_properties(src/opt/pipeline.cpp src/opt/unchecked.cpp PROPERTIES COMPILE_DEFINITIONS TN_UNCHECKED)
endif()

set(TN_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, comma separated; empty for none")

add_library(tn_options INTERFACE)
target_compile_options(tn_options INTERFACE -Wall -Wextra -Wshadow -Wno-missing-field-initializers
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
    $<$<COMPILE_LANGUAGE:CXX>:-Wno-invalid-offsetof>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>) # gcc 12 warns of std::string's own operator+ (PR 105651)
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_definitions(tn_options INTERFACE TN_DEBUG=1)
endif()
if(TN_SANITIZE)
    target_compile_options(tn_options INTERFACE -fsanitize=${TN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(tn_options INTERFACE -fsanitize=${TN_SANITIZE})
endif()
