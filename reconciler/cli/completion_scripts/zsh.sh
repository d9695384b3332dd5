#compdef reconciler
# Completion of reconciler for zsh. In ~/.zshrc, after compinit: eval "$(reconciler completion zsh)"
_reconciler_completion() {
    local row value
    local -a rows whole begun
    rows=("${(@f)$(_RECONCILER_COMPLETE=zsh ${words[1]} "${(@Q)words[2,CURRENT-1]}" "${words[CURRENT]}" 2>/dev/null)}")
    for row in $rows; do
        if [[ $row == :files ]]; then
            _files
            continue
        fi
        value=${${row%%$'\t'*}//:/\\:}
        if [[ $row == *$'\t'* ]]; then
            whole+=("$value:${row#*$'\t'}")
        elif [[ $value == *[/=\#] ]]; then
            begun+=("$value")
        elif [[ -n $value ]]; then
            whole+=("$value")
        fi
    done
    (( $#whole )) && _describe -V reconciler whole
    (( $#begun )) && _describe -V reconciler begun -S ''
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _reconciler_completion "$@"
else
    compdef _reconciler_completion reconciler
fi
