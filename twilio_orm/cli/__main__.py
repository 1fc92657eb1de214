"""``python -m twilio_orm.cli``: the command line without its script. Nothing else."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
