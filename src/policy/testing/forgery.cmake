# cmake -DCXX=... -DSOURCE_DIR=.../src -P forgery.cmake
#
# Compiles forgery.cc and sees to it that each way of forging an approval in it is refused because of
# access rules, and that nothing else is wrong with the file.

file(READ ${SOURCE_DIR}/policy/testing/forgery.cc source)
string(REGEX MATCHALL "// FORGERY" ways "${source}")
list(LENGTH ways n_ways)

execute_process(
  COMMAND ${CXX} -std=c++20 -fsyntax-only -I${SOURCE_DIR} ${SOURCE_DIR}/policy/testing/forgery.cc
  RESULT_VARIABLE code ERROR_VARIABLE text)
if(code EQUAL 0)
  message(FATAL_ERROR "forgery.cc compiles")
endif()
string(REGEX MATCHALL "error:[^\n]*" errors "${text}")
string(REGEX MATCHALL "error:[^\n]*(private|deleted)[^\n]*" refusals "${text}")
list(LENGTH errors n_errors)
list(LENGTH refusals n_refusals)
if(n_ways EQUAL 0 OR NOT n_errors EQUAL n_ways OR NOT n_refusals EQUAL n_ways)
  message(FATAL_ERROR
    "${n_ways} forgeries, ${n_errors} errors, ${n_refusals} of them refusals:\n${text}")
endif()
