# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Compile options of the project's own code; packaged libraries are not affected.
add_library(mtasts_options INTERFACE)
target_include_directories(mtasts_options INTERFACE ${PROJECT_SOURCE_DIR}/agent
                           ${PROJECT_BINARY_DIR}/generated)
target_compile_options(mtasts_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -fno-strict-aliasing)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positive of g++ 12 on inlined coroutine frames.
  target_compile_options(mtasts_options INTERFACE -Wno-mismatched-new-delete)
endif()
if(MTASTS_WERROR)
  target_compile_options(mtasts_options INTERFACE -Werror)
endif()

if(MTASTS_SANITIZE)
  target_compile_options(mtasts_options INTERFACE
    -fsanitize=${MTASTS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(mtasts_options INTERFACE -fsanitize=${MTASTS_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Coroutines compiled by clang fail the indirect-call check.
    target_compile_options(mtasts_options INTERFACE -fno-sanitize=function)
  endif()
else()
  target_compile_options(mtasts_options INTERFACE -fstack-protector-strong -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(mtasts_options INTERFACE -fcf-protection=full)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    target_compile_options(mtasts_options INTERFACE -mbranch-protection=standard)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(mtasts_options INTERFACE -ftrivial-auto-var-init=zero)
  endif()
  target_compile_options(mtasts_options INTERFACE
    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=3>)
  target_compile_definitions(mtasts_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(mtasts_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
