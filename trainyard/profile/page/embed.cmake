# cmake -DOUTPUT=… -DFILES=… -DSCRIPTS=… -P embed.cmake: the page's files as C++ text. SCRIPTS are
# joined into one, in the order given. Lists are separated by commas.
string(REPLACE "," ";" FILES "${FILES}")
string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
file(WRITE ${OUTPUT} "// Generated from trainyard/profile/page/.
#include \"trainyard/profile/page_files.h\"

namespace trainyard::profile {

std::string_view page_file(std::string_view name) {
")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  file(APPEND ${OUTPUT} "  if (name == \"${name}\") return R\"~page~(${text})~page~\";\n")
endforeach()
file(APPEND ${OUTPUT} "  return {};\n}\n\nstd::string_view page_scripts() {\n  return \"\"")
foreach(file IN LISTS SCRIPTS)
  file(READ ${file} text)
  file(APPEND ${OUTPUT} "\nR\"~page~(${text})~page~\"")
endforeach()
file(APPEND ${OUTPUT} ";\n}\n\n}  // namespace trainyard::profile\n")
