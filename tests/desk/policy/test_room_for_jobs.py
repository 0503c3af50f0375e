"""A rehearsal that finds no room loses nothing of what was typed."""

from service.moderation.jobs.job import MOST_OF_ONE


def test_the_page_keeps_the_text_when_there_is_no_room(newsroom, browser_of):
    desk = browser_of(newsroom.moderator("Anna"))

    def rehearse():
        form = {"yaml": "format: 1\n# a remark of mine\n", "what": "rehearse", "over": "1000"}
        return desk.post("/moderate/sites/gazette/policy", data=form)

    for _ in range(MOST_OF_ONE):
        assert rehearse().status_code == 303
    full = rehearse()
    assert full.status_code == 429
    assert "So many jobs wait already" in full.get_data(as_text=True)
    assert "a remark of mine" in full.get_data(as_text=True)
