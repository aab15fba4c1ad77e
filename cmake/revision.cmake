# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# MTASTS_REVISION: the commit being built, for mtasts_exporter_build_info. Taken from the CMake
# cache if set (builds without a checkout, such as a container image), else from git; empty if
# neither is available.
set(MTASTS_REVISION "" CACHE STRING "Commit that is built; empty: ask git")
if(NOT MTASTS_REVISION AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
  find_program(GIT git)
  if(GIT)
    execute_process(COMMAND ${GIT} -C ${PROJECT_SOURCE_DIR} rev-parse --short=12 HEAD
                    OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    set(MTASTS_REVISION "${head}")
  endif()
endif()
configure_file(${PROJECT_SOURCE_DIR}/agent/base/version.h.in
               ${PROJECT_BINARY_DIR}/generated/base/version.h @ONLY)
