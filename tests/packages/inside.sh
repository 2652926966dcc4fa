#!/usr/bin/env bash
# inside.sh STEP [ARG]: a step of packages_test, inside the root that it spoils.
set -euo pipefail
cd /packages

die() {
  printf 'packages_test: %s\n' "$*" >&2
  exit 1
}

# The network is the machine's, where another may have syncctl's own port.
readonly port=$((20000 + RANDOM % 30000))
readonly names=(motorcade-sidecar motorcade-syncctl motorcade-bench)
readonly commands=(syncctl motorcade-sidecar motorcade-demo-connector
  motorcade-replay)

# Runs apt-get; shows what it says only if it fails.
apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Options::=--force-confold \
    "$@" > apt.log 2>&1 < /dev/null || {
    cat apt.log >&2
    die "apt-get $* failed"
  }
}

install() {
  local before after
  apt update
  apt install --yes --no-install-recommends ./*.deb
  # What our packages need is all there: their programs start.
  before=$(date +%s%N)
  /usr/lib/motorcade/sidecar --version
  after=$(date +%s%N)
  echo "started in $(((after - before) / 1000000)) ms"
}

programs() {
  local command target
  for command in "${commands[@]}"; do
    target=$(realpath "$(command -v "$command")")
    [[ $target = /usr/lib/motorcade/* ]] || die "$command is $target"
    "$command" --help > /dev/null
  done
  for command in sidecar replay demo-connector; do
    [ ! -e "/usr/bin/$command" ] || die "/usr/bin/$command may clash"
  done
  [ "$(stat -c '%U:%G %a' /etc/motorcade/syncctl.env)" = 'root:motorcade 640' ] \
    || die "syncctl.env is $(stat -c '%U:%G %a' /etc/motorcade/syncctl.env)"
  [ "$(stat -c '%U:%G %a' /var/lib/motorcade)" = 'motorcade:motorcade 700' ] \
    || die "/var/lib/motorcade is $(stat -c '%U:%G %a' /var/lib/motorcade)"
  (as_service syncctl check-config)
}

# as_service COMMAND…: takes the place of this shell, as the unit has its service
# run.
as_service() {
  exec setpriv --reuid motorcade --regid motorcade --init-groups \
    env -i HOME=/var/lib/motorcade PATH=/usr/bin:/bin SYNCCTL_HTTP_PORT=$port \
    "$(sed -n 's/^Environment=//p' /usr/lib/systemd/system/syncctl.service)" "$@"
}

manuals() {
  local command page option
  for command in "${commands[@]}"; do
    page=$(echo /usr/share/man/man[18]/"$command".[18].gz)
    [ -e "$page" ] || die "$command has no man page"
    for option in $("$command" --help | grep -oE -- '--[a-z][a-z-]*'); do
      zcat "$page" | sed 's/\\-/-/g' | grep -qF -- "$option" \
        || die "$page does not know $option"
    done
  done
  zcat /usr/share/man/man1/motorcade-sidecar.1.gz | sed 's/\\-/-/g' \
    | grep -qF -- --save-catalog || die "the page of sidecar run lacks its options"
}

# complete_to COMMAND WORDS… : what bash would offer for the last word.
complete_to() {
  # shellcheck source=/dev/null
  . "/usr/share/bash-completion/completions/$1"
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _motorcade "$1" "${COMP_WORDS[COMP_CWORD]}" || true
  echo "${COMPREPLY[*]}"
}

completion() {
  local got
  got=$(complete_to syncctl ch)
  [ "$got" = check-config ] || die "syncctl ch completes to '$got'"
  got=$(complete_to motorcade-sidecar run --save)
  [ "$got" = --save-catalog ] || die "sidecar run --save completes to '$got'"
  got=$(complete_to motorcade-sidecar run -- --save)
  [ -z "$got" ] || die "the connector's own words complete to '$got'"
}

unit() {
  apt install --yes --no-install-recommends systemd
  local said
  said=$(systemd-analyze verify --man=no /usr/lib/systemd/system/syncctl.service 2>&1) \
    || die "systemd-analyze verify: $said"
  [[ $said != *syncctl.service* ]] || die "systemd-analyze verify: $said"
  # 0 is what nothing can attack, 100 what is not protected at all.
  systemd-analyze security --offline=true --threshold=30 --no-pager \
    /usr/lib/systemd/system/syncctl.service | tail -n 1
}

# ask PATH: the status of an answer, or nothing.
ask() {
  local status=''
  {
    exec 3<> /dev/tcp/127.0.0.1/$port \
      && printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' \
        "$1" >&3 \
      && read -r -t 10 _ status _ <&3
    exec 3>&-
  } 2> /dev/null || true
  echo "$status"
}

# What the unit starts takes requests, and ends well when it is told to.
service() {
  local pid code=0 program until=$((SECONDS + 120))
  program=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/syncctl.service)
  as_service "$program" > service.log 2>&1 &
  pid=$!
  # A test that fails leaves nothing behind.
  # shellcheck disable=SC2064 # This very process.
  trap "kill $pid 2> /dev/null || true" EXIT
  until [ "$(ask /ready)" = 200 ]; do
    kill -0 $pid 2> /dev/null || die "the service ended: $(< service.log)"
    [ $SECONDS -lt $until ] || die "the service is not ready: $(< service.log)"
  done
  kill -TERM $pid
  wait $pid || code=$?
  [ $code = 0 ] || die "the service ended with $code: $(< service.log)"
  [ -e /var/lib/motorcade/syncctl.db ] || die "nothing is kept in its folder"
}

demonstration() {
  apt install --yes --no-install-recommends curl jq sqlite3 zstd
  chmod 755 /packages /packages/one_machine
  (cd / && setpriv --reuid motorcade --regid motorcade --init-groups \
    env MOTORCADE_BIN=/usr/lib/motorcade \
    MOTORCADE_RECORDINGS=/usr/share/motorcade/recordings \
    /packages/one_machine run) > demonstration.log 2>&1 \
    || die "the demonstration failed: $(< demonstration.log)"
  tail -n 1 demonstration.log
}

upgrade() {
  echo '# A line of the administrator.' >> /etc/motorcade/syncctl.env
  apt install --yes --no-install-recommends ./later/*.deb
  local name
  for name in "${names[@]}"; do
    [ "$(dpkg-query -W -f '${Version}' "$name")" = "$1" ] \
      || die "$name is not $1"
  done
  grep -q administrator /etc/motorcade/syncctl.env \
    || die "the upgrade took the administrator's settings"
  [ "$(stat -c '%U:%G %a' /etc/motorcade/syncctl.env)" = 'root:motorcade 640' ] \
    || die "the upgrade opened syncctl.env"
  [ -e /var/lib/motorcade/syncctl.db ] || die "the upgrade took the data"
  service
}

removal() {
  apt remove --yes "${names[@]}"
  local left
  left=$(find /usr -path '*motorcade*' -o -name '*syncctl*') || true
  [ -z "$left" ] || die "after the removal there is $left"
  [ -e /etc/motorcade/syncctl.env ] || die "the removal took the settings"
  [ -e /var/lib/motorcade/syncctl.db ] || die "the removal took the data"
}

purge() {
  # Of the others the removal has left nothing.
  apt purge --yes motorcade-syncctl
  [ ! -e /etc/motorcade ] || die "the purge left /etc/motorcade"
  [ -e /var/lib/motorcade/syncctl.db ] || die "the purge took the data"
  grep -q 'holds data' apt.log || die "the purge does not say that data is kept"
  getent passwd motorcade > /dev/null || die "the data's owner is gone"
  # Without data nothing is left.
  apt install --yes --no-install-recommends ./later/*.deb
  find /var/lib/motorcade -mindepth 1 -delete
  apt purge --yes "${names[@]}"
  [ ! -e /var/lib/motorcade ] || die "the purge left an empty /var/lib/motorcade"
  ! getent passwd motorcade > /dev/null || die "the purge left the user"
}

tarball() {
  local before=$SECONDS
  useradd --create-home newcomer
  tar --extract --gzip --file motorcade-*.tar.gz --directory /home/newcomer
  chown -R newcomer /home/newcomer
  cd /home/newcomer/motorcade-*
  setpriv --reuid newcomer --regid newcomer --init-groups \
    env HOME=/home/newcomer ./dev run > run.log 2>&1 \
    || die "the tarball's ./dev run failed: $(< run.log)"
  tail -n 1 run.log
  echo "unpacked and run in $((SECONDS - before)) s"
}

"$@"
