"""How often a source is read, as a form offers it: so often, beginning at an hour; and the crontab line of it."""

from collections.abc import Mapping

from tracker.l10n import N_

HOURS = 24
MINUTE = 15  # past the hour, as the configuration has it
USUAL_HOUR = 6
LINES: Mapping[str, str] = {
    "6": "{minute} {hours} * * *",
    "4": "{minute} {hours} * * *",
    "3": "{minute} {hours} * * *",
    "2": "{minute} {hours} * * *",
    "1": "{minute} {hours} * * *",
    "weekdays": "{minute} {hours} * * mon-fri",
    "weekly": "{minute} {hours} * * mon",
}
OFTEN = {
    "": N_("As the configuration says"),
    "6": N_("Six times a day"),
    "4": N_("Four times a day"),
    "3": N_("Three times a day"),
    "2": N_("Twice a day"),
    "1": N_("Once a day"),
    "weekdays": N_("Once a day from Monday to Friday"),
    "weekly": N_("On Mondays"),
}


def chosen_line(often: str, hour: str) -> str:
    """The crontab line of a choice; empty for the one that leaves it to the configuration."""
    first = int(hour) % HOURS if hour.isascii() and hour.isdigit() and len(hour) <= 2 else USUAL_HOUR
    times = int(often) if often.isdigit() else 1
    if often not in LINES:
        return ""
    hours = sorted((first + number * HOURS // times) % HOURS for number in range(times))
    return LINES[often].format(minute=MINUTE, hours=",".join(map(str, hours)))


def cadence_of(line: str) -> tuple[str, int]:
    """The choice that a crontab line is, so often and from which hour; the first one where it is none of them."""
    choices = ((often, hour) for often in LINES for hour in range(HOURS))
    return next((one for one in choices if chosen_line(one[0], str(one[1])) == line), ("", USUAL_HOUR))
