# Writes the pages of diagnostic codes into a .cc of the build tree, for `vedette explain V1004`. After
# rules/source/embed.cmake, whose function it uses.
set(VEDETTE_PAGES "${CMAKE_BINARY_DIR}/generated/builtin_pages.cc")
file(GLOB VEDETTE_PAGE_FILES RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/diagnostics/V*.md)
set(VEDETTE_PAGES_TEXT "// Generated from docs/diagnostics.\n#include \"rules/reference/diagnostic_page.h\"\n\nnamespace vedette::rules::reference {\n")
vedette_embed_group(VEDETTE_PAGES_TEXT builtin_pages ${VEDETTE_PAGE_FILES})
string(APPEND VEDETTE_PAGES_TEXT "\n}  // namespace vedette::rules::reference\n")
file(WRITE "${VEDETTE_PAGES}.new" "${VEDETTE_PAGES_TEXT}")
configure_file("${VEDETTE_PAGES}.new" "${VEDETTE_PAGES}" COPYONLY)
