# One library a room, linked as cmake/rooms.txt says.
set(rooms_table "${CMAKE_CURRENT_LIST_DIR}/rooms.txt")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${rooms_table}")
file(STRINGS "${rooms_table}" rooms_lines REGEX "^[^#]")

# Sets ROOMS to all rooms in the order of the table, and ROOM_<room> to the rooms
# that it may include.
set(ROOMS)
foreach (line IN LISTS rooms_lines)
  if (NOT line MATCHES "^([a-z_/]+):(.*)$")
    message(FATAL_ERROR "cmake/rooms.txt: no row of the table: ${line}")
  endif ()
  list(APPEND ROOMS "${CMAKE_MATCH_1}")
  string(STRIP "${CMAKE_MATCH_2}" below)
  string(REPLACE " " ";" "ROOM_${CMAKE_MATCH_1}" "${below}")
endforeach ()

# Links <target> with the libraries of all rooms that <room> may include.
function (motorcade_link_room target room)
  foreach (other IN LISTS "ROOM_${room}")
    string(REPLACE "/" "-" library "motorcade-${other}")
    target_link_libraries(${target} PUBLIC ${library})
  endforeach ()
endfunction ()

# With MOTORCADE_UNITY one compiler takes the sources of <target> all together, so
# that names in their unnamed namespaces must differ. The other arguments are
# sources that it takes each by itself: what must be compiled as it was measured,
# or cannot share its names.
function (motorcade_compile_together target)
  set_target_properties(${target} PROPERTIES
    UNITY_BUILD ${MOTORCADE_UNITY} UNITY_BUILD_BATCH_SIZE 0)
  set_source_files_properties(${ARGN}
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction ()

# Compiles <caf/all.hpp> once for all sources of <target>. Of no use where one
# compiler takes them all together anyway.
function (motorcade_precompile_caf target)
  if (NOT MOTORCADE_UNITY)
    target_precompile_headers(${target} PRIVATE <caf/all.hpp>)
    target_compile_options(${target} PRIVATE ${for_precompiled})
  endif ()
endfunction ()

# motorcade_room(<room> SOURCES <file>... [ALONE <file>...] [PUBLIC <lib>...]
#   [PRIVATE <lib>...])
# makes the library of a room: motorcade-<room> with - for /. PUBLIC and PRIVATE
# are libraries that are not ours, by whether the room's headers include them.
# ALONE are sources that motorcade_compile_together leaves out.
function (motorcade_room room)
  cmake_parse_arguments(arg "" "" "SOURCES;ALONE;PUBLIC;PRIVATE" ${ARGN})
  string(REPLACE "/" "-" library "motorcade-${room}")
  add_library(${library} STATIC ${arg_SOURCES} ${arg_ALONE})
  motorcade_compile_together(${library} ${arg_ALONE})
  target_link_libraries(${library}
    PUBLIC motorcade-options ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} Threads::Threads)
  motorcade_link_room(${library} ${room})
endfunction ()
