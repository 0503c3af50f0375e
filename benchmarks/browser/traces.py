"""What one load of a page cost, out of Chromium's own trace of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser

# What `of_load` reads.
CATEGORIES = ("loading", "devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing", "toplevel")
# A task of the main thread that takes longer keeps a reader's key or finger waiting (W3C Long Tasks).
LONG_MS = 50.0

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Load:
    """One load. Bytes as they came over the wire, headers included; nothing from the browser's cache counts as sent.

    `script_bytes`: of scripts alone, as they were compressed, without headers.
    `busy_ms`: processor time of the main thread's tasks, which others on the machine hardly disturb; `blocking_ms`:
    what of it was beyond 50 ms a task (web.dev's total blocking time, but of the whole load). `shift`: the sum of all
    layout shifts, never less than web.dev's cumulative layout shift; also of those that Chromium excuses by a recent
    input, for nobody presses anything here, and the emulated screen's coming is one.
    `shown_ms`: from the start until comments and form stood there, or, without comments, the page was loaded.
    `shortest_ms`: the quickest answer from the network, which shows that the latency held for every origin.
    """

    requests: int
    bytes: int
    script_bytes: int
    blocking_ms: float
    busy_ms: float
    shift: float
    shown_ms: float
    shortest_ms: float


def stop(browser: Browser) -> list[Event]:
    """Ends the trace that `browser.start_tracing` began; its events."""
    events: list[Event] = json.loads(browser.stop_tracing())["traceEvents"]
    return events


def of_load(events: Sequence[Event], origins: Iterable[str], shown_ms: float) -> Load:
    """What the page whose requests go to these origins cost. Raises ValueError where the trace has none of them."""
    origins = tuple(origins)
    sent = {
        data["requestId"]: event["pid"]
        for event, data in _named(events, "ResourceSendRequest")
        if data["url"].startswith(origins)
    }
    if not sent:
        raise ValueError("no request of this page is in the trace")
    pid = next(iter(sent.values()))
    answered = {data["requestId"]: data for _, data in _named(events, "ResourceReceiveResponse")}
    network = {
        request: data["timing"]["receiveHeadersEnd"]
        for request, data in answered.items()
        if request in sent and not data.get("fromCache")
    }
    finished = {
        data["requestId"]: data["encodedDataLength"]
        for _, data in _named(events, "ResourceFinish")
        if data["requestId"] in network
    }
    main = next(
        event["tid"]
        for event in events
        if event["name"] == "thread_name" and event["pid"] == pid and event["args"]["name"] == "CrRendererMain"
    )
    tasks = [
        event.get("tdur", 0) / 1000
        for event in events
        if event["name"] == "RunTask" and (event["pid"], event["tid"]) == (pid, main)
    ]
    shifts = [data["score"] for _, data in _named(events, "LayoutShift")]
    return Load(
        requests=len(network),
        bytes=sum(finished.values()),
        script_bytes=sum(
            size - answered[request]["encodedDataLength"]
            for request, size in finished.items()
            if "javascript" in answered[request].get("mimeType", "")
        ),
        blocking_ms=sum(max(0.0, task - LONG_MS) for task in tasks),
        busy_ms=sum(tasks),
        shift=sum(shifts),
        shown_ms=shown_ms,
        shortest_ms=min(network.values()),
    )


def _named(events: Iterable[Event], name: str) -> Iterable[tuple[Event, Mapping[str, Any]]]:
    return ((event, event["args"]["data"]) for event in events if event["name"] == name)
