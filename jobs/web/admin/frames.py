"""Frames: a mail within a screen, as its reader sees it. Nothing in it runs, loads anything or leads to the desk."""

from fastapi import Response
from fastapi.responses import HTMLResponse

from jobs.web.guards import POLICY
from jobs.web.mails import policy_of_mail


def with_frames(answer: Response) -> Response:
    """Let a screen show frames of ours."""
    policy = POLICY.format(ancestors="'none'")
    answer.headers["content-security-policy"] = f"{policy}; frame-src 'self'"
    return answer


def mail_in_frame(html: str) -> Response:
    """A mail's HTML for a frame of a screen."""
    policy = policy_of_mail(html, ancestors="'self'")
    return HTMLResponse(html, headers={"content-security-policy": f"{policy}; sandbox", "cache-control": "no-store"})
