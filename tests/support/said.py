"""What a page of the web UI says, as its users read it."""

import re

from streamlit.testing.v1 import AppTest


def said(test: AppTest) -> str:
    """Headings, captions, boxes, markdown and code of the page, one a line, without the escapes that keep them text."""
    kinds = (test.title, test.subheader, test.caption, test.info, test.warning, test.error, test.markdown, test.code)
    text = "\n".join(str(part.value) for kind in kinds for part in kind)
    return re.sub(r"\\(.)", r"\1", text.replace(":small[]", ""))
