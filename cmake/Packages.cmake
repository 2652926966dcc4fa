# Debian packages, one for each component: `./dev package`, or `cpack` in the
# build folder once the target `package-files` is built. Destinations are
# relative to /, since /etc stands beside /usr.

set(packaging "${PROJECT_SOURCE_DIR}/packaging")
set(made "${PROJECT_BINARY_DIR}/packaging")
add_custom_target(package-files)

# motorcade_package_program(<target> <component> <command> <section>): installs
# the program in /usr/lib/motorcade under its target's name, and as <command> a
# link in /usr/bin, a man page and a completion.
function (motorcade_package_program target component command section)
  install(TARGETS ${target}
    RUNTIME DESTINATION usr/lib/motorcade COMPONENT ${component})
  file(MAKE_DIRECTORY "${made}/links")
  file(CREATE_LINK ../lib/motorcade/${target} "${made}/links/${command}" SYMBOLIC)
  install(FILES "${made}/links/${command}"
    DESTINATION usr/bin COMPONENT ${component})
  set(page "${packaging}/man/${command}.${section}")
  set(packed "${made}/${command}.${section}.gz")
  add_custom_command(OUTPUT "${packed}"
    COMMAND bash -o pipefail -c "\"$0\" \"$1\" \"$2\" \"$3\" | gzip -9n > \"$4\""
      "${packaging}/man_page" $<TARGET_FILE:${target}> "${page}"
      "motorcade ${PROJECT_VERSION}" "${packed}"
    DEPENDS ${target} "${page}" "${packaging}/man_page"
    VERBATIM)
  add_custom_target(package-${command} DEPENDS "${packed}")
  add_dependencies(package-files package-${command})
  install(FILES "${packed}"
    DESTINATION usr/share/man/man${section} COMPONENT ${component})
  install(FILES "${packaging}/completion.bash"
    DESTINATION usr/share/bash-completion/completions
    RENAME ${command} COMPONENT ${component})
endfunction ()

motorcade_package_program(sidecar sidecar motorcade-sidecar 1)
motorcade_package_program(syncctl syncctl syncctl 8)
motorcade_package_program(demo-connector bench motorcade-demo-connector 1)
motorcade_package_program(replay bench motorcade-replay 1)

install(FILES "${packaging}/syncctl.service"
  DESTINATION usr/lib/systemd/system COMPONENT syncctl)
install(FILES "${packaging}/syncctl.env" DESTINATION etc/motorcade
  PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ COMPONENT syncctl)
foreach (file faker.jsonl.zst faker.catalog.json)
  install(FILES "${PROJECT_SOURCE_DIR}/tests/recordings/${file}"
    DESTINATION usr/share/motorcade/recordings COMPONENT bench)
endforeach ()
foreach (component sidecar syncctl bench)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE"
    DESTINATION usr/share/doc/motorcade-${component}
    RENAME copyright COMPONENT ${component})
endforeach ()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_COMPONENTS_ALL sidecar syncctl bench)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_CONTACT "motorcade <motorcade@localhost>")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
foreach (component sidecar syncctl bench)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME motorcade-${component})
endforeach ()
set(CPACK_COMPONENT_SIDECAR_DESCRIPTION
  "Delivers what an Airbyte source connector prints\n"
  "Rows go to Postgres, ClickHouse, MySQL, SQLite, S3, Bulker or files; states, status "
  "and "
  "log to a "
  "database. The program is motorcade-sidecar.")
list(JOIN CPACK_COMPONENT_SIDECAR_DESCRIPTION "" CPACK_COMPONENT_SIDECAR_DESCRIPTION)
set(CPACK_COMPONENT_SYNCCTL_DESCRIPTION
  "Runs Airbyte source connectors\n"
  "Takes requests by HTTP, and runs each connector beside a sidecar, as a Pod "
  "of Kubernetes or as a process of this machine.")
list(JOIN CPACK_COMPONENT_SYNCCTL_DESCRIPTION "" CPACK_COMPONENT_SYNCCTL_DESCRIPTION)
set(CPACK_COMPONENT_BENCH_DESCRIPTION
  "Plays recordings of Airbyte connectors\n"
  "A connector that plays a recording, the recording, and a program that "
  "measures the sidecar with such.")
list(JOIN CPACK_COMPONENT_BENCH_DESCRIPTION "" CPACK_COMPONENT_BENCH_DESCRIPTION)

# Pods bring their own sidecar; local processes need one of the same version.
set(CPACK_DEBIAN_SYNCCTL_PACKAGE_DEPENDS "ca-certificates, passwd, tzdata")
set(CPACK_DEBIAN_SYNCCTL_PACKAGE_RECOMMENDS
  "motorcade-sidecar (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_SYNCCTL_PACKAGE_BREAKS
  "motorcade-sidecar (<< ${PROJECT_VERSION}), motorcade-sidecar (>> ${PROJECT_VERSION})")
set(CPACK_DEBIAN_SYNCCTL_PACKAGE_CONTROL_EXTRA
  "${packaging}/syncctl/conffiles" "${packaging}/syncctl/postinst"
  "${packaging}/syncctl/prerm" "${packaging}/syncctl/postrm")
include(CPack)
