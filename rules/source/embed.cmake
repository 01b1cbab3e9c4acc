# Writes the shipped source types and lists into a .cc of the build tree, so that the program needs no files of its own.
# The text is rewritten only when it changes.
set(VEDETTE_EMBEDDED "${CMAKE_BINARY_DIR}/generated/builtin_files.cc")

function(vedette_embed_group out function_name)
  set(body "")
  foreach(path ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${path}")
    file(READ "${CMAKE_SOURCE_DIR}/${path}" text)
    string(APPEND body "      {\"${path}\", R\"vedette(${text})vedette\"},\n")
  endforeach()
  set(${out} "${${out}}\nconst std::vector<yaml::File>& ${function_name}() {\n  static const std::vector<yaml::File> files = {\n${body}  };\n  return files;\n}\n" PARENT_SCOPE)
endfunction()

file(GLOB VEDETTE_SOURCE_FILES RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/rules/sources/*.yml)
file(GLOB VEDETTE_LIST_FILES RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
     ${CMAKE_SOURCE_DIR}/rules/lists/*.yml ${CMAKE_SOURCE_DIR}/rules/lists/*.txt ${CMAKE_SOURCE_DIR}/rules/lists/*.csv)
set(VEDETTE_EMBEDDED_TEXT "// Generated from rules/sources and rules/lists.\n#include \"rules/source/load.h\"\n\nnamespace vedette::rules {\n")
vedette_embed_group(VEDETTE_EMBEDDED_TEXT builtin_sources ${VEDETTE_SOURCE_FILES})
vedette_embed_group(VEDETTE_EMBEDDED_TEXT builtin_lists ${VEDETTE_LIST_FILES})
string(APPEND VEDETTE_EMBEDDED_TEXT "\n}  // namespace vedette::rules\n")
file(WRITE "${VEDETTE_EMBEDDED}.new" "${VEDETTE_EMBEDDED_TEXT}")
configure_file("${VEDETTE_EMBEDDED}.new" "${VEDETTE_EMBEDDED}" COPYONLY)
