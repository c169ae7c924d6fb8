# Turns the files of the report into C++: cmake -DROOT=... -DOUTPUT=... -P embed.cmake. The program then needs
# none of them when it runs.

# Sets `result` to the text of the files, one after the other, as a C++ literal.
function(literal_of result)
  set(text "")
  foreach(file ${ARGN})
    file(READ "${ROOT}/plots/${file}" part)
    string(FIND "${part}" ")sharesim\"" ends_literal)
    if(NOT ends_literal EQUAL -1)
      message(FATAL_ERROR "${file} holds what ends the C++ literal")
    endif()
    string(APPEND text "${part}\n")
  endforeach()
  set(${result} "R\"sharesim(${text})sharesim\"" PARENT_SCOPE)
endfunction()

include("${ROOT}/plots/report/files.cmake")
literal_of(frame ${REPORT_FRAME})
literal_of(style ${REPORT_STYLE})
literal_of(charts ${REPORT_CHARTS})
literal_of(script ${REPORT_SCRIPT})
file(WRITE "${OUTPUT}" "// Made by plots/report/embed.cmake.
#include \"sim/output/report_assets.hpp\"

namespace sharesim::report_assets {

const std::string_view kFrame = ${frame};
const std::string_view kStyle = ${style};
const std::string_view kCharts = ${charts};
const std::string_view kScript = ${script};

}  // namespace sharesim::report_assets
")
