# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# With MTASTS_UNITY, the sources of one folder are compiled as one translation unit, which takes less than half of the
# time: what the compiler works on is mostly the headers that they share. Without it, one changed file compiles sooner.
#
# mtasts_unity(target): groups the sources of a target by folder. A file that compiled_alone.txt names stays a
# translation unit of its own: a name in its unnamed namespace is that of another file of the folder, too.
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/compiled_alone.txt COMPILED_ALONE REGEX "^[^#]")
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${CMAKE_CURRENT_LIST_DIR}/compiled_alone.txt)

function(mtasts_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${MTASTS_UNITY} UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${source})
    get_filename_component(folder ${path} DIRECTORY)
    if(NOT path IN_LIST COMPILED_ALONE)
      string(REPLACE "/" "_" group ${folder})
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
    endif()
  endforeach()
endfunction()
