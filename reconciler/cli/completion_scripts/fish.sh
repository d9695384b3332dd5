# Completion of reconciler for fish. In ~/.config/fish/config.fish: reconciler completion fish | source
function __reconciler_completion
    set -l written (commandline -opc)
    for row in (env _RECONCILER_COMPLETE=fish $written[1] $written[2..-1] (commandline -ct) 2>/dev/null)
        if test "$row" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $row
        end
    end
end
complete --command reconciler --no-files --arguments '(__reconciler_completion)'
