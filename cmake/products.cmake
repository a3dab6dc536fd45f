# libtenon and the tenon command.

# --- libtenon: every layer in one shared library that exports tn_* and nothing else, and needs libc alone.
# Static libstdc++ and libgcc keep it apart from the host's C++, --exclude-libs from everybody's asmjit. ---
get_target_property(capi_kind tn_capi TYPE)
if(NOT capi_kind STREQUAL "INTERFACE_LIBRARY")
    target_include_directories(tn_capi PUBLIC ${PROJECT_SOURCE_DIR}/include)
    target_compile_definitions(tn_capi PRIVATE TN_BUILD=1 TN_VERSION_TEXT="${PROJECT_VERSION}")
    set(version_script ${PROJECT_SOURCE_DIR}/src/capi/tn_symbols.map)
    # codegen as objects: its asmjit_shim must come before libasmjit.a wants what it replaces.
    add_library(tenon_shared SHARED $<TARGET_OBJECTS:tn_capi> $<TARGET_OBJECTS:tn_codegen>)
    target_include_directories(tenon_shared PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
    target_link_libraries(tenon_shared PRIVATE tn_driver tn_host Threads::Threads)
    set_target_properties(tenon_shared PROPERTIES OUTPUT_NAME tenon VERSION ${PROJECT_VERSION} SOVERSION 1
        LINK_DEPENDS ${version_script})
    target_link_options(tenon_shared PRIVATE LINKER:--version-script=${version_script} LINKER:--exclude-libs,ALL
        LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack LINKER:--no-undefined-version)
    # 100 KiB of relocations, each only "add where the library is", as 2 KiB of bits; libc has read them since 2.36.
    include(CheckLinkerFlag)
    set(CMAKE_REQUIRED_LINK_OPTIONS LINKER:--fatal-warnings) # a linker that ignores it only warns
    check_linker_flag(CXX LINKER:-z,pack-relative-relocs TN_HAS_PACKED_RELOCATIONS)
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
    if(TN_HAS_PACKED_RELOCATIONS)
        target_link_options(tenon_shared PRIVATE LINKER:-z,pack-relative-relocs)
    endif()
    if(NOT TN_SANITIZE)
        # Sanitizers are not in libc and want to be found in the program.
        target_link_options(tenon_shared PRIVATE LINKER:-z,defs -static-libstdc++ -static-libgcc)
        target_sources(tenon_shared PRIVATE ${PROJECT_SOURCE_DIR}/src/products/operator_new.cpp)
    endif()
endif()

# --- tenon: the command. Its sources know include/c_api.h alone (and the driver, for `dump`); it is linked
# with the same archives as libtenon, so that it starts fast and runs wherever it is copied to. ---
file(GLOB_RECURSE cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.cpp)
get_target_property(capi_kind tn_capi TYPE)
if(cli_sources AND NOT capi_kind STREQUAL "INTERFACE_LIBRARY")
    # The files of `tenon new` become part of the command.
    file(GLOB_RECURSE cli_templates CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/templates/*)
    set(templates_out ${PROJECT_BINARY_DIR}/generated/embedded_templates.cpp)
    add_custom_command(OUTPUT ${templates_out}
        COMMAND ${CMAKE_COMMAND} -DDIR=${PROJECT_SOURCE_DIR}/src/cli/templates -DHEADER=${PROJECT_SOURCE_DIR}/include/c_api.h
                -DOUT=${templates_out} -P ${PROJECT_SOURCE_DIR}/cmake/embed_templates.cmake
        DEPENDS ${cli_templates} ${PROJECT_SOURCE_DIR}/include/c_api.h ${PROJECT_SOURCE_DIR}/cmake/embed_templates.cmake
        COMMENT "Embedding the templates of tenon new")
    add_executable(tenon ${cli_sources} ${templates_out})
    target_include_directories(tenon PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(tenon PRIVATE tn_capi CLI11::CLI11)
    if(NOT TN_SANITIZE)
        target_link_options(tenon PRIVATE -static-libstdc++ -static-libgcc)
        target_sources(tenon PRIVATE ${PROJECT_SOURCE_DIR}/src/products/operator_new.cpp)
        if(TN_HAS_PACKED_RELOCATIONS)
            target_link_options(tenon PRIVATE LINKER:-z,pack-relative-relocs)
        endif()
    endif()
endif()

# --- examples: hosts that know include/c_api.h alone and open the library at run time ---
file(GLOB logfilter_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/logfilter/*.c)
if(logfilter_sources)
    add_executable(logfilter ${logfilter_sources})
    target_include_directories(logfilter PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(logfilter PRIVATE tn_options ${CMAKE_DL_LIBS})
endif()

# What `./dev build` makes: everything but the tests.
add_custom_target(products)
foreach(product tenon_shared tenon logfilter)
    if(TARGET ${product})
        add_dependencies(products ${product})
    endif()
endforeach()
