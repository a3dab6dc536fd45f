# Tests of the C API: each program is C11, knows include/c_api.h alone, and is linked with the shared library.
if(NOT TARGET tenon_shared)
    return()
endif()
file(GLOB capi_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/capi/*_test.c)
foreach(source ${capi_tests})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "_test$" "" name ${name})
    add_executable(capi_${name} ${source} ${PROJECT_SOURCE_DIR}/tests/capi/check.c)
    target_include_directories(capi_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/capi)
    target_link_libraries(capi_${name} PRIVATE tenon_shared Threads::Threads m)
    set_target_properties(capi_${name} PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF)
    target_compile_options(capi_${name} PRIVATE -pedantic -Wall -Wextra -Werror -D_DEFAULT_SOURCE)
    if(TN_SANITIZE)
        target_compile_options(capi_${name} PRIVATE -fsanitize=${TN_SANITIZE})
        target_link_options(capi_${name} PRIVATE -fsanitize=${TN_SANITIZE})
    endif()
    add_test(NAME capi_${name} COMMAND capi_${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endforeach()

# The header under every compiler and standard, and what the library exports and needs.
add_test(NAME capi_header COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/capi/header_test.py
    ${PROJECT_SOURCE_DIR}/include ${CMAKE_C_COMPILER} ${CMAKE_CXX_COMPILER} clang clang++)
add_test(NAME capi_exports COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/capi/exports_test.py
    $<TARGET_FILE:tenon_shared> ${PROJECT_SOURCE_DIR})
if(TN_SANITIZE)
    set_tests_properties(capi_exports PROPERTIES DISABLED TRUE)
endif()
