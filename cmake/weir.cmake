# How every target of the project is declared: one static library per folder of src/, one test binary per folder.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(GTest REQUIRED)
include(GoogleTest)

add_library(weir_options INTERFACE)
target_include_directories(weir_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(weir_options INTERFACE -Wall -Wextra -Werror -fno-omit-frame-pointer)
target_compile_definitions(weir_options INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(WEIR_SANITIZE)
  target_compile_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE})
endif()

# weir_library(FOLDER SOURCES a.cc b.cc [DEPS weir_base ...] [SYSTEM fmt::fmt ...])
function(weir_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;SYSTEM" ${ARGN})
  add_library(weir_${folder} STATIC ${ARG_SOURCES})
  target_link_libraries(weir_${folder} PUBLIC weir_options ${ARG_DEPS} PRIVATE ${ARG_SYSTEM})
endfunction()

# weir_test(FOLDER SOURCES a_test.cc [DEPS ...]): binary weir_FOLDER_test, run with testdata/ as WEIR_TESTDATA.
function(weir_test folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(weir_${folder}_test ${ARG_SOURCES})
  target_link_libraries(weir_${folder}_test PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main Threads::Threads)
  target_compile_definitions(weir_${folder}_test PRIVATE
    WEIR_TESTDATA="${PROJECT_SOURCE_DIR}/testdata" WEIR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${folder} COMMAND weir_${folder}_test)
  set_tests_properties(${folder} PROPERTIES TIMEOUT 280)
endfunction()
