"""The plain pages around a report, without a script."""

import re


def form_of(readers, comment):
    """The page, and what a browser would send of it."""
    page = readers.client.get(f"/c/{comment}/report")
    assert page.status_code == 200, page.text
    action = re.search(r'action="([^"]+)"', page.text)
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert action is not None
    assert token is not None
    return page, action[1], {"token": token[1], "text": "", "law": "", "name": "", "email": ""}


def send(readers, action, fields):
    return readers.client.post(action, data=fields, headers={"Accept": "text/html"})


def test_the_form_leads_to_the_receipt(readers, newsroom):
    comment = newsroom.published("A <b>bold</b> claim.")
    page, action, fields = form_of(readers, comment)
    assert "A &lt;b&gt;bold&lt;/b&gt; claim." in page.text
    assert "frame-ancestors http://news.test" in page.headers["Content-Security-Policy"]
    sent = send(readers, action, fields | {"reason": "spam"})
    assert sent.status_code == 303
    receipt = sent.headers["Location"].rpartition("/")[2]
    assert send(readers, action, fields | {"reason": "spam"}).headers["Location"] == sent.headers["Location"]
    shown = readers.client.get(f"/reports/{receipt}")
    assert "It is still being looked at." in shown.text
    assert (shown.headers["Cache-Control"], shown.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert readers.client.post(f"/reports/{receipt}/take-back").status_code == 303
    assert "You took your report back" in readers.client.get(f"/reports/{receipt}").text


def test_a_refused_form_comes_back_with_what_was_typed(readers, newsroom):
    comment = newsroom.published()
    _, action, fields = form_of(readers, comment)
    back = send(readers, action, fields | {"reason": "illegal", "text": "<i>Look</i>", "email": "rosa"})
    assert back.status_code == 422
    assert "&lt;i&gt;Look&lt;/i&gt;" in back.text
    assert "Your name is missing." in back.text
    assert "This is not a complete e-mail address." in back.text
    assert 'value="illegal" required checked' in back.text
    assert fields["token"] in back.text


def test_nobody_reports_what_is_not_there(readers, newsroom):
    assert readers.client.get(f"/c/{newsroom.comment()}/report").status_code == 404
    assert readers.client.get(f"/reports/{'x' * 22}").status_code == 404


def test_the_plain_page_of_comments_leads_there(readers, newsroom):
    comment = newsroom.published()
    page = readers.client.get(f"/embed/{readers.site.slug}?thread=4711")
    assert f'href="/c/{comment}/report"' in page.text
