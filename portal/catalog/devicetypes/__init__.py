"""Reading device types in the NetBox library format: files to facts, pure and bounded, with every oddity named."""
