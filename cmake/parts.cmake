# The parts we build on (Debian packages; the list is tools/packages.txt) and the flags of our own code.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson 3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)

add_library(aright_flags INTERFACE)
target_compile_options(aright_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wcast-align -Woverloaded-virtual -Wnull-dereference -Werror -Werror=unused-result
  -fstack-protector-strong -fno-omit-frame-pointer -pthread)
target_compile_definitions(aright_flags INTERFACE
  JSON_USE_IMPLICIT_CONVERSIONS=0 ARIGHT_VERSION="${PROJECT_VERSION}"
  $<$<CONFIG:Release>:_FORTIFY_SOURCE=2> _GLIBCXX_ASSERTIONS)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside its own standard library at -O2.
  target_compile_options(aright_flags INTERFACE -Wno-null-dereference -Wno-restrict -Wno-maybe-uninitialized)
  # A tenth of the time of a compile went into collecting garbage below half a GiB; a compile takes 1.0 to 1.5 GiB.
  target_compile_options(aright_flags INTERFACE --param=ggc-min-heapsize=524288)
endif()
if(ARIGHT_SANITIZE)
  add_compile_options(-fsanitize=${ARIGHT_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ARIGHT_SANITIZE})
endif()

# Simulated worlds, generated timelines and the daemons that tests start live in our own rooms: with -O1 (preset dev) a
# simulated world takes a fifth of the time, and a room about a tenth longer to compile. Tests stay as the build type says.
# GCC 12 takes what is emptied before its end for null at -O1, hence -Wno-nonnull there.
set(ARIGHT_ROOM_OPTIONS "" CACHE STRING "More compiler options for rooms and what simulates them")
add_library(aright_room_flags INTERFACE)
target_link_libraries(aright_room_flags INTERFACE aright_flags)
target_compile_options(aright_room_flags INTERFACE ${ARIGHT_ROOM_OPTIONS})

# What nearly every file reads, read once: a quarter of the build time with GCC, two fifths with clang. Not in release
# builds, so that those show a file that does not include what it uses.
option(ARIGHT_PRECOMPILE "Precompile the headers that nearly every file reads" ${ARIGHT_TESTS})
if(ARIGHT_PRECOMPILE)
  add_library(aright_precompiled OBJECT cmake/precompiled.cc)
  target_link_libraries(aright_precompiled PRIVATE
    OpenSSL::Crypto nlohmann_json::nlohmann_json yaml-cpp fmt::fmt spdlog::spdlog Threads::Threads aright_room_flags)
  set(seen_everywhere <algorithm> <chrono> <expected> <filesystem> <fstream> <functional> <map> <memory> <mutex> <optional>
    <ranges> <set> <span> <sstream> <string> <thread> <variant> <vector> <fmt/format.h> <nlohmann/json.hpp>)
  target_precompile_headers(aright_precompiled PRIVATE ${seen_everywhere})
  # Two, because GoogleTest brings a definition and rooms have options, and a precompiled header demands that all are
  # the same.
  if(ARIGHT_TESTS)
    find_package(GTest REQUIRED)
    add_library(aright_precompiled_for_tests OBJECT cmake/precompiled.cc)
    target_link_libraries(aright_precompiled_for_tests PRIVATE GTest::gtest
      OpenSSL::Crypto nlohmann_json::nlohmann_json yaml-cpp fmt::fmt spdlog::spdlog Threads::Threads aright_flags)
    target_precompile_headers(aright_precompiled_for_tests PRIVATE ${seen_everywhere} <gtest/gtest.h>)
  endif()
endif()

function(aright_precompile target from)
  if(ARIGHT_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()
