"""EIT Urban Mobility: calls for proposals of the knowledge and innovation community for mobility in cities.

Publisher: EIT Urban Mobility, https://www.eiturbanmobility.eu/join-us/call-for-proposals/
How it is asked: the site's WordPress interface, /wp-json/wp/v2/call-for-proposals, and the names of its states.
Terms: a private association's pages; facts and an excerpt for matching, never their text to readers.

Never seen live: the interface is as a collector used it that read 91 calls in September 2026. Deadlines stand in the
text only, after "Call closes:" or "Deadline for applications:"; which other labels there are is not known.

A call's opening day is not stated.
"""

from db.calls import CallKind
from tracker.sources import Bounds, Source
from tracker.sources.kinds.wordpress import Settings, WordPress, reader

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="eit_urban_mobility",
    name="EIT Urban Mobility",
    publisher="EIT Urban Mobility",
    home="https://www.eiturbanmobility.eu/join-us/call-for-proposals/",
    licence="private association; facts and links only",
    version=1,
    bounds=Bounds(least=20, most=500, past=0.9),
    never_seen_live="interface as a collector used it in 2026-09; no answer seen",
)
LISTING = WordPress(
    url="https://www.eiturbanmobility.eu/wp-json/wp/v2/call-for-proposals",
    post_type="call-for-proposals",
    state_field="status-call",
    state_url="https://www.eiturbanmobility.eu/wp-json/wp/v2/status-call",
    states={"Open call": "open", "Closed call": "closed", "Upcoming call": "forthcoming"},
    labels=(
        "Call closes",
        "Deadline for applications",
        "Deadline for proposals",
        "Application deadline",
        "Submission deadline",
    ),
    zone="Europe/Brussels",
    language="en",
    call_kind=CallKind.CASCADE,
    programme="EIT",
)
pages, rows, facts = reader(SOURCE, LISTING)
