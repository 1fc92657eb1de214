"""Lets ``python -m twilio_orm.cli`` run the command line where the script ``twilio-orm`` is not installed."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
