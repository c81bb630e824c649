# The compile options of usher's own code. Third-party headers live in system include paths, so
# their warnings never show.
add_library(usher_options INTERFACE)
target_include_directories(usher_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(
  usher_options
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wconversion
            -Wshadow
            # clang counts sign conversions under -Wconversion, g++ does not: the same set in both.
            -Wno-sign-conversion
            # g++ 12 reports overlapping copies inside std::string that cannot happen (PR 105651).
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
            $<$<BOOL:${USHER_WERROR}>:-Werror>)

# Adds the static library NAME from SOURCES, or does nothing when the folder is still empty.
function(usher_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  if(NOT arg_SOURCES)
    return()
  endif()
  add_library(${name} STATIC ${arg_SOURCES})
  usher_link(${name} PUBLIC ${arg_LINK})
endfunction()

# Adds the program NAME from SOURCES, or does nothing when there are none.
function(usher_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  if(NOT arg_SOURCES)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  usher_link(${name} PRIVATE ${arg_LINK})
endfunction()

# Links TARGET with usher's options and with those LIBRARIES that exist. Only usher's own
# libraries may be absent: a folder without sources makes none.
function(usher_link target visibility)
  target_link_libraries(${target} ${visibility} usher_options)
  foreach(library IN LISTS ARGN)
    if(TARGET ${library} OR NOT library MATCHES "^usher_")
      target_link_libraries(${target} ${visibility} ${library})
    endif()
  endforeach()
endfunction()
