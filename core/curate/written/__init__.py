"""How pairs are written: the shape of a row, the kind of file, the folder."""
