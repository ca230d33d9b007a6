"""Parts of the benchmark of pages: its data, the lean page it compares with, servers and the load on them."""
