# How every target of the project is declared: one static library per folder of src/, one test binary per folder.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(GTest REQUIRED)
include(GoogleTest)

add_library(weir_options INTERFACE)
target_include_directories(weir_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(weir_options INTERFACE -Wall -Wextra -Werror -fno-omit-frame-pointer)
# g++ 12 sees overruns in std::string that are not there (GCC bug 105651) once it optimises; the sanitizer builds look for real ones.
target_compile_options(weir_options INTERFACE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-maybe-uninitialized>)
# libstdc++ 12's std::stable_sort uses a function that it calls deprecated, and clang tells.
target_compile_options(weir_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
target_compile_definitions(weir_options INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(WEIR_SANITIZE)
  target_compile_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE})
  target_compile_definitions(weir_options INTERFACE WEIR_SANITIZED)
  # g++ 12 with sanitizers takes std::function in <regex> for uninitialized (GCC bug 105562).
  target_compile_options(weir_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

# Under -fsanitize=thread g++ 12 sees the overruns of GCC bug 105651 as well.
if(WEIR_SANITIZE STREQUAL "thread")
  target_compile_options(weir_options INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow)
endif()

# mold links many times faster than the system's linker. Without it nothing else changes.
find_program(WEIR_MOLD mold)
if(WEIR_MOLD)
  target_link_options(weir_options INTERFACE -fuse-ld=mold)
endif()

# Tests are compiled far more often than they are run.
set(weir_test_optimisation $<$<CONFIG:Release>:-O1>)

# Large headers of libraries, parsed once a build instead of once a file. Only headers that are not ours, so that an include of
# ours that a file forgot shows in the debug build, the only one that compiles file by file; one of a library's shows there with
# -DWEIR_PCH=OFF. The release build takes eight files at once: less than half the time of one by one.
option(WEIR_PCH "precompile the headers of libraries" OFF)
set(weir_library_headers <nlohmann/json.hpp> <fmt/format.h> <tl/expected.hpp> <functional> <map> <memory> <optional> <span>
    <string> <string_view> <thread> <vector>)
if(WEIR_PCH)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/pch.cc CONTENT "// compiled for its precompiled header only\n")
  add_library(weir_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cc)
  target_link_libraries(weir_pch PUBLIC weir_options fmt::fmt Threads::Threads)
  target_precompile_headers(weir_pch PRIVATE ${weir_library_headers})
  add_library(weir_test_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cc)
  target_link_libraries(weir_test_pch PUBLIC weir_options fmt::fmt GTest::gmock Threads::Threads)
  target_compile_options(weir_test_pch PRIVATE ${weir_test_optimisation})
  target_precompile_headers(weir_test_pch PRIVATE ${weir_library_headers} <gmock/gmock.h> <gtest/gtest.h>)
endif()

# weir_library(FOLDER SOURCES a.cc b.cc [DEPS weir_base ...] [SYSTEM fmt::fmt ...])
function(weir_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;SYSTEM" ${ARGN})
  add_library(weir_${folder} STATIC ${ARG_SOURCES})
  target_link_libraries(weir_${folder} PUBLIC weir_options ${ARG_DEPS} PRIVATE ${ARG_SYSTEM})
  if(WEIR_PCH AND NOT folder MATCHES "^(kernels|unicode|quant|sampler)$")
    target_link_libraries(weir_${folder} PUBLIC fmt::fmt Threads::Threads)
    target_precompile_headers(weir_${folder} REUSE_FROM weir_pch)
  endif()
endfunction()

# weir_test(FOLDER SOURCES a_test.cc [DEPS ...]): binary weir_FOLDER_test, run with testdata/ as WEIR_TESTDATA.
function(weir_test folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(weir_${folder}_test ${ARG_SOURCES})
  target_link_libraries(weir_${folder}_test PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main Threads::Threads)
  target_compile_options(weir_${folder}_test PRIVATE ${weir_test_optimisation})
  target_compile_definitions(weir_${folder}_test PRIVATE
    WEIR_TESTDATA="${PROJECT_SOURCE_DIR}/testdata" WEIR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(WEIR_PCH)
    target_link_libraries(weir_${folder}_test PRIVATE fmt::fmt)
    target_precompile_headers(weir_${folder}_test REUSE_FROM weir_test_pch)
  endif()
  add_test(NAME ${folder} COMMAND weir_${folder}_test)
  set_tests_properties(${folder} PROPERTIES TIMEOUT 280)
endfunction()
