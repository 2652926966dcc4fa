"""How a case is tried, wherever it runs."""

import time
import traceback

from checks import Failed


def try_case(case, world, explain):
    """Returns nothing if all was well; else tells why, has `explain` show
    where things stand, and returns the case and the first words of why, for
    the last line of a long log."""
    name = case.__name__.replace("_", " ")
    begin = time.monotonic()
    try:
        case(world)
        why = None
    except Failed as failure:
        why = str(failure)
    except Exception:  # pylint: disable=broad-except
        # E.g. an answer without what must be in it.
        why = traceback.format_exc()
    print(f"{name:<36} {'well' if why is None else 'FAILED':<6} "
          f"{time.monotonic() - begin:6.1f} s", flush=True)
    if why is not None:
        print(f"\n{why}\n")
        explain(world)
        # Once more, since the end of a long log is read first.
        print(f"{name}: {why}", flush=True)
    return why is None
