# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of belfry for bash; the candidates are the program's own.
_belfry() {
  local word lines
  COMPREPLY=()
  mapfile -t lines < <(belfry complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [ "${lines[0]:-}" = :files ]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    return
  fi
  for word in "${lines[@]}"; do
    COMPREPLY+=("${word%%$'\t'*}")
  done
}
complete -F _belfry belfry
