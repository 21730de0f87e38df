def write(book, random): pass
