"""``python -m automl_lab.cli`` is ``automl-lab``."""

from automl_lab.cli.commands import main

if __name__ == "__main__":
    main()
