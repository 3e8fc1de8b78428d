"""How much longer work takes on a longer text: exponents, never seconds."""

import math
import signal
import time
from contextlib import contextmanager

#: Where measuring begins, and the longest text, in characters.
SHORTEST, LONGEST = 250, 512_000

#: Seconds below which a time is noise, and above which no longer text is waited for.
LEAST_SECONDS, MOST_SECONDS = 0.001, 0.03

#: Linear work takes the power of 1, quadratic work that of 2.
STEEPEST = 1.5

#: Seconds of work, not of waiting, after which it is stopped: what grows exponentially does not come back.
_PATIENCE_SECONDS = 20


class TooLongError(Exception):
    """Work was stopped."""


@contextmanager
def patience(seconds=_PATIENCE_SECONDS):
    """Stop work that does not come back."""

    def stop(*_):
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def seconds_of(work, text, times=1):
    """The fewest seconds of this thread that work on a text takes."""
    least = math.inf
    for _ in range(times):
        started = time.thread_time()
        work(text)
        least = min(least, time.thread_time() - started)
    return least


def growth_of(work, make, shortest=SHORTEST, longest=LONGEST, most=MOST_SECONDS):
    """The exponent with which the time of work grows with its text; 0 where it takes no time.

    The text grows until the work takes so long that the quotient of two times says something. Where that looks steep
    both are measured again, and the text grows on: what is bounded becomes flat, and what is noise does not come back.

    Args:
        work: What is done with a text.
        make: A number of characters -> a text of about so many.
        shortest: Characters of the first text.
        longest: Characters of the last text.
        most: Seconds above which no longer text is tried.
    """
    times, chars, steep = {}, shortest, 0.0
    try:
        with patience():
            while chars <= longest:
                times[chars] = taken = seconds_of(work, make(chars))
                if taken >= LEAST_SECONDS and chars // 4 in times:
                    steep = math.log(taken / times[chars // 4], 4)
                    for _ in range(3 if taken < 10 * most else 1):
                        if steep > STEEPEST:
                            few, many = (seconds_of(work, make(size), 3) for size in (chars // 4, chars))
                            steep = min(steep, math.log(many / few, 4))
                    if steep <= STEEPEST or taken >= most:
                        return steep
                chars *= 2
    except TooLongError:
        return math.inf
    return steep
