"""What a page of the web UI says, as its users read it, and the way to another page and back."""

import re

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash


def said(test: AppTest) -> str:
    """Headings, captions, boxes, markdown and code of the page, one a line, without the escapes that keep them text."""
    kinds = (test.title, test.subheader, test.caption, test.info, test.warning, test.error, test.markdown, test.code)
    text = "\n".join(str(part.value) for kind in kinds for part in kind)
    return re.sub(r"\\(.)", r"\1", text.replace(":small[]", ""))


def leave_and_return(test: AppTest, elsewhere: str) -> None:
    """Open another page, then the first one again with an address that says nothing, as the browser's way back does."""
    here = test._page_hash or calc_hash("")  # of the page at the root
    for page in (calc_hash(elsewhere), here):
        test.query_params.clear()
        test._page_hash = page
        test.run()
