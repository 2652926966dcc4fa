"""How a case is tried, wherever it runs."""

import sys
import time
import traceback

from checks import Failed, Skipped


def adding_to(cases):
    """Returns a decorator that adds a function to the cases, which are tried in
    the order in which they stand in their file."""

    def case(function):
        cases.append(function)
        return function

    return case


def tell_end(suite, failed, begin):
    """Says which cases have failed since `begin`. Returns the exit code."""
    took = time.monotonic() - begin
    if failed:
        print(f"{suite}: {len(failed)} failed in {took:.0f} s: "
              f"{', '.join(failed)}", file=sys.stderr)
        return 1
    print(f"all is well, {took:.0f} s")
    return 0


def try_case(case, world, explain):
    """Returns whether all was well. If not, says why, and has `explain` show
    where things stand."""
    name = case.__name__.replace("_", " ")
    begin = time.monotonic()
    try:
        case(world)
        why = None
    except Skipped as skipped:
        print(f"{name:<36} skipped: {skipped}", flush=True)
        return True
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
