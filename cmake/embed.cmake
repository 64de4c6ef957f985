# Makes a text file part of the binary.
#
#   weir_embed(LIBRARY FILE models/shortlist.tsv SYMBOL kShortlistTsv NAMESPACE weir::tools)
#
# adds to LIBRARY a generated .cc that defines `extern const std::string_view SYMBOL` in NAMESPACE
# (declare it where it is used). The file must be text without NUL bytes and without `)weir_text"`; it is read anew whenever it
# changes. The same file runs as a script at build time.

if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${IN}" text)
  file(WRITE "${OUT}.tmp" "// Generated from ${LABEL}; do not edit.\n#include <string_view>\n\n"
    "namespace ${NAMESPACE} {\nnamespace {\nconstexpr char kText[] = R\"weir_text(${text})weir_text\";\n"
    "}  // namespace\n\nextern const std::string_view ${SYMBOL};\n"
    "constinit const std::string_view ${SYMBOL}(kText, sizeof(kText) - 1);\n"
    "}  // namespace ${NAMESPACE}\n")
  file(RENAME "${OUT}.tmp" "${OUT}")
  return()
endif()

# In every folder that includes this file: variables of one folder are not seen by its neighbours.
set(WEIR_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
include_guard(GLOBAL)

function(weir_embed library)
  cmake_parse_arguments(ARG "" "FILE;SYMBOL;NAMESPACE" "" ${ARGN})
  set(input ${PROJECT_SOURCE_DIR}/${ARG_FILE})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${ARG_SYMBOL}.embedded.cc)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DIN=${input} -DOUT=${output} -DLABEL=${ARG_FILE} -DSYMBOL=${ARG_SYMBOL}
            -DNAMESPACE=${ARG_NAMESPACE} -P ${WEIR_EMBED_SCRIPT}
    DEPENDS ${input} ${WEIR_EMBED_SCRIPT}
    COMMENT "embedding ${ARG_FILE}"
    VERBATIM)
  # On its own in a unity build, so that a linter can read the others before anything is built.
  set_source_files_properties(${output} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${library} PRIVATE ${output})
endfunction()
