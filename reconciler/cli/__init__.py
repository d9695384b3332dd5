"""The command line: flags, output and exit codes."""
