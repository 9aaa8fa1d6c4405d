"""Every address of the web, in one place. A published address stays alive: mails and bookmarks hold it for years.

Addresses of feeds and calendars are `tracker.feeds.addresses`; their routes are below.
"""

HOME = "/"
# For anybody; LANGUAGE is fi, sv or en.
FRONT = "/{language}"
CALLS = "/{language}/calls"
CALL = "/{language}/calls/{call_id}"
SPEARHEADS = "/{language}/spearheads"
SPEARHEAD = "/{language}/spearheads/{key}"
SIGN_UP = "/{language}/sign-up"
PREVIEW = "/{language}/sign-up/preview"
ASK_FOR_LINK = "/{language}/link"
# In mails and letters, without a language: that of the reader is taken. TOKEN is signed (`tracker.emails.tokens`).
ANY_CALLS = "/calls"
CONFIRM = "/confirm/{token}"
LEAVE = "/u/{token}"
UNDO = "/undo/{token}"
MANAGE = "/manage/{token}"
PAUSE = "/manage/{token}/pause"
RESUME = "/manage/{token}/resume"
CHOSEN_CALL = "/manage/{token}/calls/{call_id}"
OWN_FEED = "/manage/{token}/feeds/{interest_id}"
END = "/manage/{token}/leave"
ALL_HELD = "/manage/{token}/held.json"
ERASE = "/manage/{token}/erase"
PREFERENCES = "/preferences/{token}"
MAIL = "/mail/{token}"
NOT_FOR_US = "/not-for-us/{token}/{call_id}"
# Files for other programs.
CALLS_FEED = "/feeds/calls.{language}.{form}"
SPEARHEAD_FEED = "/feeds/spearheads/{key}.{language}.{form}"
INTEREST_FEED = "/feeds/interests/{token}.{language}.{form}"
CALL_CALENDAR = "/calls/{call_id}.{language}.ics"
STATIC = "/static"
# For machines that watch us.
ALIVE = "/healthz"
READY = "/readyz"
