# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Embeds a text file as a C++ constant:
#   cmake -DINPUT=… -DOUTPUT=… -DHEADER=… -DNAMESPACE=NAME -DNAME=kName -P embed_text.cmake
# HEADER declares the constant. Leading /* … */ comments are removed.
file(READ "${INPUT}" text)
string(REGEX REPLACE "^(/\\*[^*]*\\*/\n)+" "" text "${text}")
string(LENGTH "${text}" length)
if(length EQUAL 0 OR length GREATER 60000)
  message(FATAL_ERROR "${INPUT} has ${length} characters; a string literal takes 1 to 60000")
endif()
if(text MATCHES "\\)text\"")
  message(FATAL_ERROR "${INPUT} contains the end of a raw string")
endif()
file(WRITE "${OUTPUT}"
"// Generated from ${INPUT} by embed_text.cmake.
#include \"${HEADER}\"

namespace ${NAMESPACE} {
const std::string_view ${NAME} = R\"text(${text})text\";
}  // namespace ${NAMESPACE}
")
