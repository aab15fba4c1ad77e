# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Third-party libraries, all Debian 12 packages.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(CURL REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(civetweb CONFIG REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)
pkg_check_modules(PSL REQUIRED IMPORTED_TARGET libpsl)
pkg_check_modules(GMIME REQUIRED IMPORTED_TARGET gmime-3.0)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(CRYPT REQUIRED IMPORTED_TARGET libxcrypt)

# Compiles Asio and Beast once instead of in every file that includes them.
add_library(mtasts_asio STATIC ${PROJECT_SOURCE_DIR}/cmake/asio.cpp)
target_compile_definitions(mtasts_asio PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_ALL_NO_LIB)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_definitions(mtasts_asio PUBLIC
    BOOST_ASIO_HAS_CO_AWAIT=1 BOOST_ASIO_HAS_STD_COROUTINE=1)
endif()
target_link_libraries(mtasts_asio PUBLIC Boost::headers OpenSSL::SSL Threads::Threads)

# The same for Boost.URL; separate, because rooms without Asio use it.
add_library(mtasts_url STATIC ${PROJECT_SOURCE_DIR}/cmake/url.cpp)
target_compile_definitions(mtasts_url PUBLIC BOOST_ALL_NO_LIB)
target_link_libraries(mtasts_url PUBLIC Boost::headers)
if(MTASTS_SANITIZE)
  set(library_sanitizers ${MTASTS_SANITIZE})
  if(MTASTS_FUZZ)
    set(library_sanitizers address)  # fuzzers follow the coverage of our own code alone
  endif()
  foreach(library mtasts_asio mtasts_url)
    target_compile_options(${library} PRIVATE -fsanitize=${library_sanitizers} -fno-omit-frame-pointer)
  endforeach()
endif()
