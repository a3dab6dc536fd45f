# Tests of what is around the library: tenon.hpp, the omnibus of examples, the pages for hosts, the installation.
if(NOT TARGET tenon_shared)
    return()
endif()

# --- tenon.hpp: C++17, linked with the shared library like any host ---
tn_gtest(hpp tenon_shared GTest::gtest_main Threads::Threads SOURCES ${PROJECT_SOURCE_DIR}/tests/cpp/hpp_test.cpp)
add_executable(hpp_quiet ${PROJECT_SOURCE_DIR}/tests/cpp/quiet.cpp)
target_link_libraries(hpp_quiet PRIVATE tenon_shared)
target_compile_options(hpp_quiet PRIVATE -fno-exceptions -fno-rtti)
foreach(program hpp hpp_quiet)
    set_target_properties(${program} PROPERTIES CXX_STANDARD 17)
    target_link_libraries(${program} PRIVATE tn_options)
    target_compile_options(${program} PRIVATE -O0) # their speed is nobody's; compiling them is quicker
endforeach()
add_test(NAME hpp_quiet COMMAND hpp_quiet)
if(NOT CMAKE_CROSSCOMPILING)
    add_test(NAME hpp_dialects COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/cpp/dialects_test.py
        ${PROJECT_SOURCE_DIR} g++ clang++)
endif()

# --- examples/omnibus: each host prints what its subject's expected.txt says ---
file(GLOB hosts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/omnibus/*/host.c ${PROJECT_SOURCE_DIR}/examples/omnibus/*/host.cpp)
foreach(host ${hosts})
    get_filename_component(folder ${host} DIRECTORY)
    get_filename_component(subject ${folder} NAME)
    get_filename_component(language ${host} LAST_EXT)
    string(REPLACE ".c" "_c" name omnibus_${subject}${language})
    add_executable(${name} ${host})
    set_target_properties(${name} PROPERTIES CXX_STANDARD 17)
    target_compile_options(${name} PRIVATE -pedantic -Werror -O0)
    target_link_libraries(${name} PRIVATE tenon_shared tn_options)
    tn_program(${name} program)
    add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/docs/same_output.py
        ${folder}/expected.txt ${program} ${folder}/script.tn)
endforeach()

# --- docs/extensions.md, from nothing to a working extension ---
if(TARGET tenon AND NOT TN_SANITIZE)
    add_test(NAME docs_extensions COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/docs/check_extensions.py
        $<TARGET_FILE:tenon> ${PROJECT_SOURCE_DIR}/docs/extensions.md)
endif()

# --- the code of the pages for hosts, compiled and run ---
if(NOT TN_SANITIZE AND NOT CMAKE_CROSSCOMPILING) # both compile with this machine's compiler
    add_test(NAME docs_hosts COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/docs/check_hosts.py
        ${PROJECT_SOURCE_DIR} $<TARGET_FILE_DIR:tenon_shared> docs/embedding.md README.md)
    add_test(NAME install COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/install/install_test.py
        ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
endif()
