"""Makes ``python -m reconciler`` run the command line."""

from reconciler.cli.entry import main

if __name__ == "__main__":
    main()
