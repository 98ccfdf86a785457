# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of belfry for fish; the candidates are the program's own.
function __belfry_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -e words[1]
    set -l lines (belfry complete -- $words "$last" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$last"
    else if test (count $lines) -gt 0
        printf '%s\n' $lines
    end
end
complete -c belfry -f -a '(__belfry_complete)'
