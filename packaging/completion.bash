# Completes motorcade's programs from what they say with --help, which is always
# true: subcommands first, then options of the one that was given, else files.
_motorcade() {
  local program=$1 word=$2 sub='' at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; ++at)); do
    # What follows is the connector's.
    [ "${COMP_WORDS[at]}" != -- ] || return 0
    case ${COMP_WORDS[at]} in
      [a-z]*) sub=${sub:-${COMP_WORDS[at]}} ;;
    esac
  done
  local help
  help=$("$program" ${sub:+"$sub"} --help 2> /dev/null) || return 0
  case $word in
    -*)
      mapfile -t COMPREPLY < <(compgen -W \
        "$(grep -oE -- '--[a-z][a-z-]*' <<< "$help" | sort -u)" -- "$word")
      ;;
    *)
      [ -z "$sub" ] || return 0
      mapfile -t COMPREPLY < <(compgen -W \
        "$(sed -n '/^\(Subcommands\|SUBCOMMANDS\):/,$s/^  \([a-z][a-z-]*\) .*/\1/p' \
          <<< "$help")" -- "$word")
      ;;
  esac
}

complete -o default -F _motorcade \
  syncctl motorcade-sidecar motorcade-demo-connector motorcade-replay
