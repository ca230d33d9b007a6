"""Who is who: names, codes, domains and phones in one form each, and how alike two parties are."""
