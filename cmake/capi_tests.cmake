# Tests of the C API: each program is C11, knows include/c_api.h alone, and is linked with the shared library.
if(NOT TARGET tenon_shared)
    return()
endif()
include(extensions)
foreach(name shapes twin faulty noentry)
    tn_extension(${name} ${PROJECT_SOURCE_DIR}/tests/capi/extensions/${name} tests
        ${PROJECT_SOURCE_DIR}/tests/capi/extensions/${name}/${name}.c)
    target_compile_options(extension_${name} PRIVATE -pedantic -Werror)
endforeach()
tn_extension(tossing ${PROJECT_SOURCE_DIR}/tests/capi/extensions/tossing tests
    ${PROJECT_SOURCE_DIR}/tests/capi/extensions/tossing/tossing.cpp)
file(GLOB capi_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/capi/*_test.c)
foreach(source ${capi_tests})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "_test$" "" name ${name})
    add_executable(capi_${name} ${source} ${PROJECT_SOURCE_DIR}/tests/capi/check.c)
    target_include_directories(capi_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/capi)
    target_link_libraries(capi_${name} PRIVATE tenon_shared Threads::Threads m)
    set_target_properties(capi_${name} PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF)
    target_compile_options(capi_${name} PRIVATE -pedantic -Wall -Wextra -Werror -D_DEFAULT_SOURCE)
    if(CMAKE_CROSSCOMPILING)
        target_compile_definitions(capi_${name} PRIVATE TN_EMULATED=1)
    endif()
    if(TN_SANITIZE)
        target_compile_options(capi_${name} PRIVATE -fsanitize=${TN_SANITIZE})
        target_link_options(capi_${name} PRIVATE -fsanitize=${TN_SANITIZE})
    endif()
    target_compile_definitions(capi_${name} PRIVATE TN_TEST_EXTENSIONS="${PROJECT_BINARY_DIR}/extensions/tests")
    add_test(NAME capi_${name} COMMAND capi_${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endforeach()

target_link_libraries(capi_extensions PRIVATE ${CMAKE_DL_LIBS})
foreach(name shapes twin faulty noentry tossing)
    add_dependencies(capi_extensions extension_${name})
endforeach()

# The header under every compiler and standard, its comments, what it froze, and what the library exports and needs.
set(capi_folder ${PROJECT_SOURCE_DIR}/tests/capi)
if(NOT CMAKE_CROSSCOMPILING) # nothing of the library runs here
    add_test(NAME capi_header COMMAND ${Python3_EXECUTABLE} ${capi_folder}/header_test.py
        ${PROJECT_SOURCE_DIR}/include gcc g++ clang clang++ ${CMAKE_C_COMPILER} ${CMAKE_CXX_COMPILER})
    add_test(NAME capi_doc COMMAND ${Python3_EXECUTABLE} ${capi_folder}/doc_test.py ${PROJECT_SOURCE_DIR})
    add_test(NAME capi_abi COMMAND ${Python3_EXECUTABLE} ${capi_folder}/abi_test.py ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
endif()
add_test(NAME capi_exports COMMAND ${Python3_EXECUTABLE} ${capi_folder}/exports_test.py
    $<TARGET_FILE:tenon_shared> ${PROJECT_SOURCE_DIR})
if(TN_SANITIZE)
    set_tests_properties(capi_exports PROPERTIES DISABLED TRUE)
endif()

# Old hosts, one for each version of the ABI: compiled against its frozen header, linked with a library of its
# symbols that can do nothing else, run with today's.
file(GLOB old_clients CONFIGURE_DEPENDS ${capi_folder}/abi/*/client.c)
foreach(client ${old_clients})
    get_filename_component(folder ${client} DIRECTORY)
    get_filename_component(version ${folder} NAME)
    set(out ${PROJECT_BINARY_DIR}/abi/${version})
    file(WRITE ${out}/symbols.map "TENON_${version} { global: tn_*; local: *; };\n")
    add_custom_command(OUTPUT ${out}/stub.c
        COMMAND ${Python3_EXECUTABLE} ${capi_folder}/c_header.py ${folder}/c_api.h ${out}/stub.c
        DEPENDS ${folder}/c_api.h ${capi_folder}/c_header.py)
    add_library(capi_stub_${version} SHARED ${out}/stub.c)
    set_target_properties(capi_stub_${version} PROPERTIES OUTPUT_NAME tenon SOVERSION 1 LIBRARY_OUTPUT_DIRECTORY ${out})
    target_compile_options(capi_stub_${version} PRIVATE -w)
    target_link_options(capi_stub_${version} PRIVATE LINKER:--version-script=${out}/symbols.map)
    add_executable(capi_client_${version} ${client})
    target_include_directories(capi_client_${version} PRIVATE ${folder})
    target_compile_options(capi_client_${version} PRIVATE -pedantic -Wall -Wextra -Werror)
    target_link_libraries(capi_client_${version} PRIVATE capi_stub_${version})
    # The library that it finds when it starts is the real one.
    set_target_properties(capi_client_${version} PROPERTIES BUILD_WITH_INSTALL_RPATH TRUE
        INSTALL_RPATH ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
    add_dependencies(capi_client_${version} tenon_shared)
    add_test(NAME capi_client_${version} COMMAND capi_client_${version})
    if(TN_SANITIZE) # an old program knows nothing of sanitizers, which want to be loaded first
        set_tests_properties(capi_client_${version} PROPERTIES DISABLED TRUE)
    endif()
endforeach()
