"""Parts of the benchmark of open chats."""
