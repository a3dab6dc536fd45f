# Native extensions: folders NAME/ with NAME.so and NAME.tn, made of a folder of sources with NAME.tn in it.

# tn_extension(NAME FOLDER GROUP sources... [LIBRARIES ...]): build/extensions/GROUP/NAME/. The library knows
# include/c_api.h alone and is linked with nothing of Tenon's.
function(tn_extension name folder group)
    cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
    set(out ${PROJECT_BINARY_DIR}/extensions/${group}/${name})
    add_library(extension_${name} MODULE ${arg_UNPARSED_ARGUMENTS})
    target_include_directories(extension_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(extension_${name} PRIVATE tn_options ${arg_LIBRARIES})
    set_target_properties(extension_${name} PROPERTIES PREFIX "" SUFFIX ".so" OUTPUT_NAME ${name}
        LIBRARY_OUTPUT_DIRECTORY ${out} C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden)
    if(NOT TN_SANITIZE)
        target_link_options(extension_${name} PRIVATE LINKER:-z,defs)
    endif()
    add_custom_command(OUTPUT ${out}/${name}.tn
        COMMAND ${CMAKE_COMMAND} -E copy ${folder}/${name}.tn ${out}/${name}.tn DEPENDS ${folder}/${name}.tn)
    add_custom_target(extension_${name}_wrapper ALL DEPENDS ${out}/${name}.tn)
    add_dependencies(extension_${name} extension_${name}_wrapper)
endfunction()
