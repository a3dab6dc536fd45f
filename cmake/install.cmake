# `cmake --install BUILD --prefix DIR`: headers, libtenon shared and static, the tenon command, the CMake package
# `tenon` (targets tenon::tenon, tenon::tenon_static), tenon.pc, and the debug information in files of its own.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
if(NOT TARGET tenon_shared)
    return()
endif()

# --- libtenon.a: one object of all layers and packages whose only global symbols are tn_*, as in the shared library:
# neither our C++ nor our asmjit meets the host's. It still needs libstdc++, which the host chooses. ---
if(NOT TN_SANITIZE)
    get_property(layers GLOBAL PROPERTY TN_LAYERS)
    set(layer_files "")
    foreach(layer ${layers})
        list(APPEND layer_files $<TARGET_FILE:${layer}>)
    endforeach()
    set(object ${PROJECT_BINARY_DIR}/archive/tenon.o)
    set(symbols ${PROJECT_SOURCE_DIR}/tests/capi/symbols.txt)
    add_custom_command(OUTPUT ${object}
        COMMAND ${CMAKE_LINKER} -r --force-group-allocation -o ${object} --whole-archive ${layer_files} --no-whole-archive
                ${TN_ASMJIT_LIBRARY} ${TN_FFI_LIBRARY} ${TN_UTF8PROC_LIBRARY}
        COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/plain_binding.py ${object}
        COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${symbols} ${object}
        DEPENDS ${layers} ${symbols} ${PROJECT_SOURCE_DIR}/cmake/plain_binding.py
        COMMENT "Joining the layers for libtenon.a")
    set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
    add_library(tenon_static STATIC ${object})
    # C as its language: a host without a C++ compiler links it, too.
    set_target_properties(tenon_static PROPERTIES OUTPUT_NAME tenon LINKER_LANGUAGE C EXPORT_NAME tenon_static)
    target_include_directories(tenon_static INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
    target_link_libraries(tenon_static INTERFACE Threads::Threads stdc++ m)
    add_dependencies(products tenon_static)
    add_library(tenon::tenon_static ALIAS tenon_static)
    set(static_library tenon_static)
endif()
add_library(tenon::tenon ALIAS tenon_shared)
set_target_properties(tenon_shared PROPERTIES EXPORT_NAME tenon)

# A folder of their own: c_api.h is no name for /usr/include.
set(header_folder ${CMAKE_INSTALL_INCLUDEDIR}/tenon)
install(DIRECTORY include/ DESTINATION ${header_folder})
install(TARGETS tenon_shared ${static_library} EXPORT tenonTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    INCLUDES DESTINATION ${header_folder})
install(TARGETS tenon RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES LICENSE README.md docs/embedding.md docs/language.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tenon)
install(EXPORT tenonTargets NAMESPACE tenon:: DESTINATION ${package_folder})
configure_package_config_file(cmake/tenonConfig.cmake.in ${PROJECT_BINARY_DIR}/tenonConfig.cmake
    INSTALL_DESTINATION ${package_folder} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tenonConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tenonConfig.cmake ${PROJECT_BINARY_DIR}/tenonConfigVersion.cmake
    DESTINATION ${package_folder})

# tenon.pc finds its prefix from where it lies.
file(RELATIVE_PATH pc_to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/tenon.pc.in ${PROJECT_BINARY_DIR}/tenon.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tenon.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# --- what a debugger wants goes to .debug beside each file, where gdb looks; the files themselves are stripped ---
if(NOT TN_SANITIZE)
    install(CODE "
        set(prefix \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
        foreach(file ${CMAKE_INSTALL_LIBDIR}/$<TARGET_FILE_NAME:tenon_shared> ${CMAKE_INSTALL_BINDIR}/$<TARGET_FILE_NAME:tenon>)
            get_filename_component(folder \"\${prefix}/\${file}\" DIRECTORY)
            get_filename_component(name \"\${file}\" NAME)
            file(MAKE_DIRECTORY \"\${folder}/.debug\")
            execute_process(COMMAND \"${CMAKE_OBJCOPY}\" --only-keep-debug \${name} .debug/\${name}.debug
                WORKING_DIRECTORY \"\${folder}\" COMMAND_ERROR_IS_FATAL ANY)
            execute_process(COMMAND \"${CMAKE_OBJCOPY}\" --strip-unneeded --remove-section=.gnu_debuglink
                --add-gnu-debuglink=.debug/\${name}.debug \${name}
                WORKING_DIRECTORY \"\${folder}\" COMMAND_ERROR_IS_FATAL ANY)
        endforeach()")
endif()
