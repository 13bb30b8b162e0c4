"""The pages: a month as one page, and the archive's front page; static HTML that asks for nothing from outside."""
