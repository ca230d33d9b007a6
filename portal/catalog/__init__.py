"""Products, their facts and capabilities, price books, installed base."""
