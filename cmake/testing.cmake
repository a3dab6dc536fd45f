# Test programs. `unit_<layer>` is made of every *_test.cpp under tests/unit/<layer>/; the goldens, the C API,
# the CLI and the tables have programs of their own. ./dev test runs them all and adds up their cases.
option(TN_FUZZ "Build the fuzz targets of tests/fuzz" OFF)
enable_testing()
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# tn_gtest(name libraries... [TESTS count] SOURCES files...): a GoogleTest program that is one CTest test, or `count` of
# them that share its cases, name_1 and on: what takes long is then not one core's work. A GoogleTest XML report in the
# folder that GTEST_OUTPUT names is how ./dev test counts its cases.
function(tn_gtest name)
    cmake_parse_arguments(arg "" "TESTS" "SOURCES" ${ARGN})
    foreach(source ${arg_SOURCES})
        if(NOT EXISTS ${source})
            message(WARNING "${name}: no ${source}")
            return()
        endif()
    endforeach()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_UNPARSED_ARGUMENTS} GTest::gtest)
    target_compile_definitions(${name} PRIVATE TN_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    if(NOT arg_TESTS)
        add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
        return()
    endif()
    foreach(part RANGE 1 ${arg_TESTS})
        math(EXPR index "${part} - 1")
        add_test(NAME ${name}_${part} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
        set_tests_properties(${name}_${part} PROPERTIES
            ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_TESTS};GTEST_SHARD_INDEX=${index}"
            ENVIRONMENT_MODIFICATION "GTEST_OUTPUT=string_append:${name}_${part}.xml")
    endforeach()
endfunction()

# tn_program(target out): the file that a test starts by itself: the program, or in a cross build a script that runs
# it in the emulator (CTest does that on its own only where a test's command is a target).
function(tn_program target out)
    set(file $<TARGET_FILE:${target}>)
    if(CMAKE_CROSSCOMPILING)
        set(script ${PROJECT_BINARY_DIR}/emulated/${target})
        file(GENERATE OUTPUT ${script} CONTENT "#!/bin/sh\nexec ${CMAKE_CROSSCOMPILING_EMULATOR} '${file}' \"$@\"\n"
            FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
        set(file ${script})
    endif()
    set(${out} ${file} PARENT_SCOPE)
endfunction()

# --- one program per layer ---
file(GLOB unit_folders CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/*)
foreach(folder ${unit_folders})
    get_filename_component(layer ${folder} NAME)
    file(GLOB tests CONFIGURE_DEPENDS ${folder}/*_test.cpp)
    if(tests AND TARGET tn_${layer})
        tn_gtest(unit_${layer} tn_${layer} GTest::gtest_main SOURCES ${tests})
    endif()
endforeach()

# A disassembler, to hold the emitter of a machine that this one may not be to what it means.
find_path(TN_CAPSTONE_INCLUDE capstone/capstone.h REQUIRED)
find_library(TN_CAPSTONE_LIBRARY capstone REQUIRED)
target_include_directories(unit_codegen PRIVATE ${TN_CAPSTONE_INCLUDE})
target_link_libraries(unit_codegen PRIVATE ${TN_CAPSTONE_LIBRARY})

# --- includes against the table of layers ---
if(NOT CMAKE_CROSSCOMPILING) # the same sources
    add_test(NAME layers COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/check_layers.py)
    add_test(NAME forgotten_handler COMMAND ${Python3_EXECUTABLE}
        ${PROJECT_SOURCE_DIR}/tests/codegen/forgotten_handler.py ${CMAKE_CXX_COMPILER} ${PROJECT_SOURCE_DIR})
endif()

# --- the NIF of the Elixir binding for another machine: its headers are the same everywhere ---
if(CMAKE_CROSSCOMPILING AND TARGET tenon_shared)
    find_path(TN_ERTS_INCLUDE erl_nif.h PATHS /usr/lib/erlang/usr/include NO_CMAKE_FIND_ROOT_PATH)
    if(TN_ERTS_INCLUDE)
        add_test(NAME nif_builds COMMAND ${CMAKE_CTEST_COMMAND}
            --build-and-test ${PROJECT_SOURCE_DIR}/bindings/elixir/c_src ${PROJECT_BINARY_DIR}/nif
            --build-generator ${CMAKE_GENERATOR} --build-project tenon_nif
            --build-options -DCMAKE_TOOLCHAIN_FILE=${CMAKE_TOOLCHAIN_FILE} -DCMAKE_BUILD_TYPE=Release
                -DTENON_LIB_DIR=$<TARGET_FILE_DIR:tenon_shared> -DERTS_INCLUDE_DIR=${TN_ERTS_INCLUDE}
            --test-command ${CMAKE_NM} -D --defined-only ${PROJECT_BINARY_DIR}/nif/out/tenon_nif.so)
        set_tests_properties(nif_builds PROPERTIES PASS_REGULAR_EXPRESSION " T nif_init")
    endif()
endif()

# --- goldens: tests/lang in the interpreter, in machine code unoptimized and optimized ---
file(GLOB golden_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/golden/*.cpp)
get_target_property(driver_kind tn_driver TYPE)
if(golden_sources AND NOT driver_kind STREQUAL "INTERFACE_LIBRARY")
    tn_gtest(golden tn_driver TESTS 2 SOURCES ${golden_sources})
    if(CMAKE_CROSSCOMPILING) # emulated: eight times slower
        target_compile_definitions(golden PRIVATE TN_EMULATED=1)
        set_tests_properties(golden_1 golden_2 PROPERTIES TIMEOUT 14400)
    endif()
    tn_gtest(coverage tn_driver GTest::gtest_main SOURCES ${PROJECT_SOURCE_DIR}/tests/coverage/coverage_test.cpp
        ${PROJECT_SOURCE_DIR}/tests/golden/host.cpp)
endif()

# --- the tenon command ---
if(TARGET tenon)
    tn_program(tenon tenon_program)
endif()
if(TARGET tenon AND EXISTS ${PROJECT_SOURCE_DIR}/tests/cli/cli_test.cpp)
    file(GLOB cli_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/cli/*_test.cpp)
    tn_gtest(cli GTest::gtest_main SOURCES ${cli_tests})
    target_compile_definitions(cli PRIVATE TN_TENON="${tenon_program}")
    add_dependencies(cli tenon)
endif()

# --- what a user meets first: the examples, and the kernels of the bench with their checksums ---
if(TARGET tenon)
    foreach(example examples/tour.tn examples/logfilter/rules.tn)
        get_filename_component(name ${example} NAME_WE)
        add_test(NAME example_${name} COMMAND tenon test ${example} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    endforeach()
    add_test(NAME docs COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/docs/check_examples.py ${tenon_program}
        docs/language.md WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    add_test(NAME kernels COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/bench/check_kernels.py ${tenon_program})
endif()
if(TARGET logfilter AND TARGET tenon_shared)
    add_test(NAME logfilter COMMAND logfilter $<TARGET_FILE:tenon_shared> examples/logfilter/rules.tn
        examples/logfilter/sample.log --selftest WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endif()

# --- the C API: programs in C11 that know the header and the shared library alone ---
include(capi_tests OPTIONAL)

# --- what is around it: tenon.hpp, hosts as examples and in the documentation, the installation ---
include(product_tests)

# --- fuzz targets: each runs by itself, mutating the corpus it is given ---
if(TN_FUZZ)
    file(GLOB fuzz_targets CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp)
    list(FILTER fuzz_targets EXCLUDE REGEX "/program_fuzz.cpp$")
    foreach(source ${fuzz_targets})
        get_filename_component(name ${source} NAME_WE)
        string(REGEX REPLACE "_fuzz$" "" name ${name})
        add_executable(fuzz_${name} ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_main.cpp)
        target_link_libraries(fuzz_${name} PRIVATE tn_driver)
    endforeach()
    # Random programs, run in every way and compared.
    file(GLOB program_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/program_*.cpp)
    add_executable(fuzz_program ${program_sources} ${PROJECT_SOURCE_DIR}/tests/golden/execute.cpp
        ${PROJECT_SOURCE_DIR}/tests/golden/host.cpp ${PROJECT_SOURCE_DIR}/tests/golden/expectation.cpp)
    target_include_directories(fuzz_program PRIVATE ${PROJECT_SOURCE_DIR}/tests/golden)
    target_link_libraries(fuzz_program PRIVATE tn_driver)
endif()
