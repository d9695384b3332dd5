# Completion of reconciler for bash. In ~/.bashrc: eval "$(reconciler completion bash)"
_reconciler_completion() {
    local row
    COMPREPLY=()
    while IFS= read -r row; do
        case $row in
            :files) compopt -o default 2>/dev/null ;;
            *[/=#]) COMPREPLY+=("$row"); compopt -o nospace 2>/dev/null ;;
            ?*) COMPREPLY+=("$row") ;;
        esac
    done < <(_RECONCILER_COMPLETE=bash "${COMP_WORDS[0]}" "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
}
complete -F _reconciler_completion reconciler
