"""The cases of the HTTP API, in the order in which they are tried."""

import functools

CASES = []


def case(function):
    """Adds a function to those that are tried. It is given a place
    (api_place.Place): a syncctl, and what it writes to."""

    @functools.wraps(function)
    def noted(place):
        place.tried.add(function.__name__)
        function(place)

    CASES.append(noted)
    return noted
